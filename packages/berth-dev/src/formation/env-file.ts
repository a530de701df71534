// The .env file: variables for all processes, beneath those of the environment.
import { statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { readEnvFile } from "berth/process";

export type Values = Record<string, string>;

/** How often to look at the file, in milliseconds. Unlike a watcher, a look needs no folder and no inotify watch. */
const LOOK_MS = 200;

/**
 * Returns what is in the file; nothing if it does not exist, unless `isRequired`.
 * @throws Error with the cure if it cannot be read.
 */
export function readValues(file: string, isRequired = false): Values {
  const values = readEnvFile(file);
  if (!values && isRequired) throw new Error(`there is no ${file}: choose another file with --env`);
  return values ?? {};
}

/**
 * Resolves to what is in the file once that differs from `values`, also after the file has come or gone.
 * @param say Told once why the file cannot be read, while that is so.
 */
export function changedEnvFile(
  file: string,
  values: Values,
  say: (problem: string) => void,
): Promise<Values> {
  let seen: string | undefined;
  let read: string | undefined;
  let said: string | undefined;
  return new Promise((resolve) => {
    const look = () => {
      const stamp = stampOf(file);
      // Saving is several steps: it is read once it stays the same for one look.
      const isSettled = stamp === seen;
      seen = stamp;
      if (!isSettled || stamp === read) return;
      read = stamp;
      try {
        const now = readValues(file);
        said = undefined;
        if (isDeepStrictEqual(now, values)) return;
        clearInterval(timer);
        resolve(now);
      } catch (err) {
        const { message } = err as Error;
        if (message !== said) say(message);
        said = message;
      }
    };
    const timer = setInterval(look, LOOK_MS);
  });
}

/** Differs after each change of the file, of its rights, and after its going and coming. */
function stampOf(file: string): string {
  try {
    const { ino, size, ctimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${ctimeNs}`;
  } catch (err) {
    return String((err as NodeJS.ErrnoException).code);
  }
}
