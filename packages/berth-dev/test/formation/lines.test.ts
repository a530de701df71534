// How bytes are split into lines.
import { createLineSplitter } from "../../src/formation/lines";

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  chunks.forEach((chunk) => splitter.write(Buffer.from(chunk)));
  splitter.end();
  return lines;
}

describe("createLineSplitter", () => {
  it("joins lines across chunks, and removes line breaks", () => {
    expect(split("a", "b\nc\r", "\n\nd\n")).toEqual(["ab", "c", "", "d"]);
  });

  it("passes on a last line without a line break", () => {
    expect(split("a\nb")).toEqual(["a", "b"]);
  });

  it("joins characters across chunks", () => {
    const bytes = Buffer.from("Sümpfe 🚢\n");
    expect(split(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(["Sümpfe 🚢"]);
  });

  it("splits a line that does not end, without losing any of it", () => {
    const lines = split(...Array.from({ length: 48 }, () => "x".repeat(64 * 1024)));
    expect(lines.length).toBeGreaterThan(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1.2 * 1024 * 1024);
    expect(lines.join("").length).toBe(48 * 64 * 1024);
  });
});
