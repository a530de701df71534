// What is going on, on one line of a terminal that is overwritten; nowhere else.
import type { Clause } from "./clause";

/** A line that shows the checks that run. */
export interface Progress {
  readonly begin: (clause: Clause) => void;
  readonly end: (clause: Clause) => void;
  /** Wipes the line, so that something lasting can be printed. */
  readonly clear: () => void;
}

/** Shows progress on a stream that is a terminal, and does nothing on others. */
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
