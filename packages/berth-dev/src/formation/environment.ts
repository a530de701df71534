// The environment of a formation's processes: .env, the runner's own variables, and values that the Procfile sets.
import { statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { readEnvFile } from "berth/process";
import type { Plan } from "./plan";

export type Values = Record<string, string>;

/** How often to check the file. Polling, since fs.watch needs an existing folder and an inotify watch. */
const POLL_MS = 200;

/**
 * Returns the variables in the file; none if it does not exist, unless `isRequired`.
 * @throws Error with the cure if it cannot be read.
 */
export function readValues(file: string, isRequired = false): Values {
  const values = readEnvFile(file);
  if (!values && isRequired)
    throw new Error(`${file} does not exist: choose another file with --env`);
  return values ?? {};
}

/**
 * Resolves to the variables in the file once they differ from `values`, including when the file appears or disappears.
 * @param say Receives one message while the file cannot be read.
 */
export function changedEnvFile(
  file: string,
  values: Values,
  say: (problem: string) => void,
): Promise<Values> {
  let seen: string | undefined;
  let read: string | undefined;
  let reported: string | undefined;
  return new Promise((resolve) => {
    const poll = () => {
      const stamp = stampOf(file);
      // Saving takes several steps: read the file once two polls find it the same.
      const isSettled = stamp === seen;
      seen = stamp;
      if (!isSettled || stamp === read) return;
      read = stamp;
      try {
        const now = readValues(file);
        reported = undefined;
        if (isDeepStrictEqual(now, values)) return;
        clearInterval(timer);
        resolve(now);
      } catch (err) {
        const { message } = err as Error;
        if (message !== reported) say(message);
        reported = message;
      }
    };
    const timer = setInterval(poll, POLL_MS);
  });
}

/** Differs after each change of the file or its permissions, and after it appears or disappears. */
function stampOf(file: string): string {
  try {
    const { ino, size, ctimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${ctimeNs}`;
  } catch (err) {
    return String((err as NodeJS.ErrnoException).code);
  }
}

/** `NAME=${DEV_NAME:-…}`: NAME itself is ignored, since it may point to a database that is in use. */
const OVERRIDABLE = /\b([A-Z][A-Z0-9_]*)=\$\{DEV_\1:-/g;

/** Returns a line of output for each variable that is ignored although it is set, or replaced by its DEV_ variable. */
export function describeOverrides(
  { stages }: Pick<Plan, "stages">,
  env: NodeJS.ProcessEnv,
  envFile: Values,
): string[] {
  const processesOf = new Map<string, string[]>();
  for (const { name, command } of stages.flat()) {
    for (const [, variable = ""] of command.matchAll(OVERRIDABLE))
      processesOf.set(variable, [...(processesOf.get(variable) ?? []), name]);
  }
  const sourceOf = (name: string) => {
    if (env[name]) return "the environment";
    return envFile[name] && env[name] === undefined ? ".env" : undefined;
  };
  return [...processesOf].flatMap(([name, names]) => {
    const [override, ignored] = [sourceOf(`DEV_${name}`), sourceOf(name)];
    const processes = names.join(", ");
    if (override) return `${processes}: ${name} is DEV_${name} from ${override}`;
    if (!ignored) return [];
    return `${processes}: ${name} from ${ignored} is ignored in development; set DEV_${name} to override the Procfile's value`;
  });
}

const INSPECT = /(^|\s)--inspect(-brk|-wait|-port)?(=\S*)?(?=\s|$)/g;

/**
 * Removes `--inspect` from NODE_OPTIONS: npm is a Node process with the same NODE_OPTIONS, and already listens on that port.
 * `inspects` says whether there was one.
 */
export function withoutInspector(env: NodeJS.ProcessEnv): {
  env: NodeJS.ProcessEnv;
  inspects: boolean;
} {
  const { NODE_OPTIONS = "", ...others } = env;
  const kept = NODE_OPTIONS.replaceAll(INSPECT, "").trim();
  const inspects = kept !== NODE_OPTIONS.trim();
  return { env: kept === "" ? others : { ...others, NODE_OPTIONS: kept }, inspects };
}
