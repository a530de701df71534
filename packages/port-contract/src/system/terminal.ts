// Runs a command on a pseudo terminal, where programs that buffer their output for pipes do not.
import { existsSync } from "node:fs";

const script = "/usr/bin/script";

/** Wraps an argv in script(1) of util-linux; `undefined` where that is missing. */
export function onTerminal(argv: readonly string[]): readonly [string, ...string[]] | undefined {
  if (process.platform !== "linux" || !existsSync(script)) return undefined;
  return [script, "-qfec", argv.map(quote).join(" "), "/dev/null"];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
