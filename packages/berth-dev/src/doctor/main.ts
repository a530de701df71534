// `berth doctor`: finds what is wrong on this machine and in this clone, each with its cure.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine, UsageError } from "port-contract/args";
import { hasColors } from "port-contract/colors";
import { runChecks } from "./check";
import { CHECKS } from "./checks";
import { createContext, type Manifest } from "./context";
import { describeFinding, hasErrors, summarize } from "./report";

/** The time limit of a check, in milliseconds: far longer than it takes on a busy machine. */
const LIMIT_MS = 20_000;

const usage = `Usage: berth doctor [--json] [--verbose]

Checks this machine and this clone: the installed packages, Node and npm, ports, .env and the variables of src/config.ts,
the development database and its migrations. Changes nothing. Prints what is wrong and how to fix it; if all is well and stdout
is not a terminal, it prints nothing.

  --json     print the findings as JSON
  --verbose  print notes, too: what is unusual but works, and what could not be checked
  --help     show this

Exit codes: 1 if there is an error, which must be fixed; 0 with warnings only, or without findings; 2 for an invalid
command line.`;

async function main(root: string, args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(
    args,
    {
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
    { allowPositionals: false },
  );
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const start = performance.now();
  const context = createContext(root, process.env, readManifest(root));
  const all = await runChecks(CHECKS, context, LIMIT_MS);
  const findings = all.filter(({ level }) => values.verbose || level !== "note");
  if (values.json) console.log(JSON.stringify(findings, undefined, 2));
  else {
    const isTerminal = process.stdout.isTTY;
    const isColored = hasColors(isTerminal, process.env);
    for (const finding of findings) console.log(describeFinding(finding, isColored));
    const ms = performance.now() - start;
    if (isTerminal) console.log(summarize(findings, Object.keys(CHECKS).length, ms));
  }
  return hasErrors(findings) ? 1 : 0;
}

/** @throws UsageError when the folder is not a service. */
function readManifest(root: string): Manifest {
  const path = join(root, "package.json");
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Manifest;
  } catch (err) {
    throw new UsageError(
      `${path} cannot be read (${(err as Error).message}): run this in the service's folder`,
    );
  }
}

main(process.cwd(), process.argv.slice(2)).then(
  // A check that timed out may still hold a connection, so exit. Pipes are written before the callback.
  (code) => process.stdout.write("", () => process.exit(code)),
  (err: unknown) => {
    if (!(err instanceof UsageError)) throw err;
    console.error(`doctor: ${err.message}`);
    process.exitCode = 2;
  },
);
