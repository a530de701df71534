// How bytes become lines.
import { createLineSplitter } from "../../src/formation/lines";

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  chunks.forEach((chunk) => splitter.write(Buffer.from(chunk)));
  splitter.end();
  return lines;
}

describe("createLineSplitter", () => {
  it("puts lines together from chunks and takes off their ends", () => {
    expect(split("a", "b\nc\r", "\n\nd\n")).toEqual(["ab", "c", "", "d"]);
  });

  it("hands over a last line that has no end", () => {
    expect(split("a\nb")).toEqual(["a", "b"]);
  });

  it("puts characters together that chunks have cut", () => {
    const bytes = Buffer.from("Sümpfe 🚢\n");
    expect(split(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(["Sümpfe 🚢"]);
  });

  it("cuts a line that does not end, and loses nothing of it", () => {
    const lines = split(...Array.from({ length: 48 }, () => "x".repeat(64 * 1024)));
    expect(lines.length).toBeGreaterThan(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1.2 * 1024 * 1024);
    expect(lines.join("").length).toBe(48 * 64 * 1024);
  });
});
