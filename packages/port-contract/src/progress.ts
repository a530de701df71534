// A progress line on a terminal, overwritten in place.
import type { Clause } from "./clause";

/** A line that lists the running checks. */
export interface Progress {
  readonly begin: (clause: Clause) => void;
  readonly end: (clause: Clause) => void;
  /** Erases the line, so that something else can be printed. */
  readonly clear: () => void;
}

/** Shows progress on a stream if it is a terminal; otherwise does nothing. */
export function createProgress(stream: NodeJS.WriteStream, total: number): Progress {
  const running = new Set<string>();
  let done = 0;
  const clear = () => {
    if (stream.isTTY) stream.write("\r\u001b[K");
  };
  const draw = () => {
    clear();
    if (stream.isTTY && running.size > 0)
      stream.write(`${done}/${total} checked, running ${[...running].join(" ")}`);
  };
  return {
    begin: ({ id }) => {
      running.add(id);
      draw();
    },
    end: ({ id }) => {
      running.delete(id);
      done += 1;
      draw();
    },
    clear,
  };
}
