// Compares the variables of src/config.ts with .env, .env.example and the environment.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../check";
import { readText, type Context } from "../context";
import type { Description } from "../describe-config";
import { readValues } from "../formation";
import { nearestName } from "../nearest-name";
import { processEnvironments } from "../process-environments";
import { runProgram } from "../run-program";
import { splitCure } from "./env-file";

export async function checkVariables(context: Context, signal: AbortSignal): Promise<Finding[]> {
  if (readText(context, "src/config.ts") === undefined) return [];
  const values = readValues(context.root);
  const formation = await context.formation();
  const environments = formation
    ? await processEnvironments(context, formation, signal)
    : { "": { ...values, ...context.env } };
  const program = join(__dirname, "../describe-config.js");
  const input = JSON.stringify(environments);
  const { root, env } = context;
  const { code, stdout, stderr } = await runProgram(process.execPath, [program], {
    ...{ cwd: root, env, signal, input },
  });
  if (code !== 0) return describeFailure(stderr);
  const description = JSON.parse(stdout) as Description;
  const known = new Set(Object.values(description).flatMap(({ variables }) => variables));
  return [
    ...describeProblems(description, Object.keys(environments), context.env),
    ...describeUnknown(context, Object.keys(values), known),
    ...compareExample(readText(context, ".env.example"), known),
  ];
}

function describeFailure(stderr: string): Finding[] {
  const lines = stderr.split("\n");
  const reason = lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines[0] ?? "";
  // The check of packages reports what is missing.
  if (/^Error: Cannot find (module|package) '[^./]/.test(reason))
    return [{ level: "note", message: `not checked: ${reason}` }];
  const message = `src/config.ts cannot be loaded: ${reason}`;
  return [{ level: "error", message, cure: "Correct it; npm run typecheck may say more" }];
}

/** @param started The process types whose whole environment is known: only for these is a missing variable a mistake. */
function describeProblems(
  description: Description,
  started: readonly string[],
  env: NodeJS.ProcessEnv,
): Finding[] {
  const processesOf = new Map<string, string[]>();
  for (const [type, { problems }] of Object.entries(description)) {
    for (const { message, isMissing } of problems) {
      if (isMissing && !started.includes(type)) continue;
      processesOf.set(message, [...(processesOf.get(message) ?? []), type]);
    }
  }
  return [...processesOf].map(([text, types]) => {
    const { message, cure } = splitCure(text);
    const [name = ""] = text.split(":");
    const source = env[name] === undefined ? "" : ", from the environment";
    return { level: "error", message: `${message} (${types.join(", ")}${source})`, cure };
  });
}

/** Variables of npm run dev and its database, and of Node. */
const TOOLS = [
  ...["PORT", "DATA_DIR", "IDLE_IN_TRANSACTION_TIMEOUT_MS", "TEST_DATABASE_URL"],
  ...["NODE_ENV", "NODE_OPTIONS", "NO_COLOR", "FORCE_COLOR", "TZ"],
];
/** Variables that libraries read by themselves. */
const OF_LIBRARIES = /^(NODE|OTEL|AWS|PG|npm)_?[A-Za-z_]+$/;

function describeUnknown(
  context: Context,
  names: readonly string[],
  known: ReadonlySet<string>,
): Finding[] {
  const candidates = [...known, ...TOOLS];
  const unknown = names.filter((name) => !candidates.includes(name) && !OF_LIBRARIES.test(name));
  if (unknown.length === 0) return [];
  const text = sourcesOf(context);
  return unknown
    .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
    .map((name) => {
      const nearest = nearestName(name, candidates);
      return {
        level: "warning",
        message: `no process reads ${name} in .env${nearest === undefined ? "" : `: did you mean ${nearest}?`}`,
        cure:
          nearest === undefined
            ? "Remove it, or declare it in src/config.ts"
            : `Rename it to ${nearest}, or remove it`,
      };
    });
}

/** The text of the files that may mention a variable: an owner's script may read one that no process declares. */
function sourcesOf(context: Context): string {
  const files = ["src", "test", "scripts"].flatMap((folder) =>
    entriesIn(join(context.root, folder)).map((file) => join(folder, file)),
  );
  const others = ["Procfile", "Procfile.dev", "compose.yaml", "package.json", "jest.config.js"];
  return [...files, ...others].map((file) => readText(context, file) ?? "").join("\n");
}

function entriesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
}

/** `npm run docs` writes every variable into the file. */
function compareExample(example: string | undefined, known: ReadonlySet<string>): Finding[] {
  if (example === undefined) return [];
  const shown = new Set(
    [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name ?? ""),
  );
  const missing = [...known].filter((name) => !shown.has(name));
  const outdated = [...shown].filter((name) => !known.has(name));
  if (missing.length + outdated.length === 0) return [];
  const differences = [
    ...(missing.length > 0 ? [`it lacks ${missing.join(", ")}`] : []),
    ...(outdated.length > 0 ? [`src/config.ts has no ${outdated.join(", ")}`] : []),
  ];
  const message = `.env.example is out of date: ${differences.join("; ")}`;
  return [{ level: "warning", message, cure: "npm run docs" }];
}
