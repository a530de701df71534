// Shows log lines on a terminal in a form that people read; programs get JSON, through a pipe.
import { hasColors, parseLogLine, readableLines } from "./readable-line";
import type { LogDestination } from "./stdout";

/** Writes lines readably; text that is not a log line of pino stays as it is. @param env Says whether to use colours. */
export function toTerminal(stdout: LogDestination, env: NodeJS.ProcessEnv): LogDestination {
  const isColored = hasColors(true, env);
  return {
    write(text) {
      const line = parseLogLine(text.trimEnd());
      if (line === undefined) return stdout.write(text);
      const [head = "", ...others] = readableLines(line, isColored);
      const clock = new Date(Number(line.time ?? Date.now())).toTimeString().slice(0, 8);
      stdout.write([`${clock} ${head}`, ...others, ""].join("\n"));
    },
    flush: stdout.flush,
  };
}
