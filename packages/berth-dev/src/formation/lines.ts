// Splits a stream of bytes into lines of text. Unlike node:readline, it limits their length.
import { StringDecoder } from "node:string_decoder";

/** Longer lines are split, so that memory stays bounded. In UTF-16 units. */
const MAX_LINE_LENGTH = 1024 * 1024;

export interface LineSplitter {
  write(chunk: Buffer): void;
  /** Passes on a last line that has no line break. */
  end(): void;
}

/** Calls `onLine` with each line, without its line break. Characters may span chunks. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const finish = () => {
    const line = rest;
    rest = "";
    onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  };
  const write = (text: string) => {
    const pieces = text.split("\n");
    pieces.forEach((piece, index) => {
      rest += piece;
      if (index < pieces.length - 1 || rest.length > MAX_LINE_LENGTH) finish();
    });
  };
  return {
    write: (chunk) => write(decoder.write(chunk)),
    end: () => {
      write(decoder.end());
      if (rest !== "") finish();
    },
  };
}
