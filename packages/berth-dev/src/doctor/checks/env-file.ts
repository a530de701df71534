// Checks the file `.env` itself: its permissions, whether git tracks it, and whether other programs can parse it.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readEnvFile } from "berth/process";
import type { Finding } from "../check";
import type { Context } from "../context";
import { runProgram } from "../run-program";

const FILE = ".env";

export async function checkEnvFile(context: Context, signal: AbortSignal): Promise<Finding[]> {
  const path = join(context.root, FILE);
  let values;
  try {
    values = readEnvFile(path);
  } catch (err) {
    return [{ level: "error", ...splitCure((err as Error).message) }];
  }
  if (values === undefined) return [];
  return [
    ...judgeMode(path),
    ...judgeBytes(readFileSync(path)),
    ...judgeShadowed(values, context.env),
    ...(await judgeGit(context.root, signal)),
  ];
}

/** Splits a message of Berth's, whose last sentence is the cure. */
export function splitCure(message: string): Pick<Finding, "message" | "cure"> {
  const at = message.lastIndexOf(". ");
  return at < 0 ? { message } : { message: message.slice(0, at), cure: message.slice(at + 2) };
}

function judgeMode(path: string): Finding[] {
  const { mode } = statSync(path);
  // Windows drives in WSL have no modes.
  if (process.platform === "win32" || path.startsWith("/mnt/") || (mode & 0o077) === 0) return [];
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  return [
    {
      level: "warning",
      message: `${FILE} may contain secrets, but other users of this machine can read it (mode ${octal})`,
      cure: `chmod 600 ${FILE}`,
    },
  ];
}

/** Berth accepts both; other programs that read the file do not. */
function judgeBytes(bytes: Buffer): Finding[] {
  const found = [
    ...(bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? ["a byte order mark"] : []),
    ...(bytes.includes("\r\n") ? ["CRLF line ends"] : []),
  ];
  if (found.length === 0) return [];
  return [
    {
      level: "warning",
      message: `${FILE} has ${found.join(" and ")}, which become part of names and values for docker --env-file, systemd and sh`,
      cure: `sed -i -e '1s/^\\xEF\\xBB\\xBF//' -e 's/\\r$//' ${FILE}`,
    },
  ];
}

/** PORT is left out: `npm run dev` prefers the file's. */
function judgeShadowed(values: Record<string, string>, env: NodeJS.ProcessEnv): Finding[] {
  return Object.entries(values).flatMap(([name, value]): Finding[] => {
    const other = env[name];
    if (name === "PORT" || other === undefined || other === value) return [];
    return [
      {
        level: "warning",
        message: `${name} in ${FILE} is ignored: the shell sets another value, which takes precedence`,
        cure: `unset ${name}`,
      },
    ];
  });
}

async function judgeGit(root: string, signal: AbortSignal): Promise<Finding[]> {
  const git = async (...args: string[]) =>
    (await runProgram("git", args, { cwd: root, signal })).code === 0;
  if (!(await git("rev-parse", "--is-inside-work-tree"))) return [];
  if (await git("ls-files", "--error-unmatch", FILE)) {
    return [
      {
        level: "error",
        message: `${FILE} is in git, and so are its secrets`,
        cure: `git rm --cached ${FILE}, add it to .gitignore, and replace the secrets: they stay in the history`,
      },
    ];
  }
  if (await git("check-ignore", "--quiet", FILE)) return [];
  const cure = `Add the line ${FILE} to .gitignore`;
  return [{ level: "warning", message: `${FILE} is not ignored by git`, cure }];
}
