import { HEAD_BYTES, typeOfFile } from "../../src/schema/file-types";

const head = (text: string) => Buffer.from(text, "latin1");

describe("the type of a file", () => {
  it.each([
    ["\x89PNG\r\n\x1a\n", "image/png"],
    ["\xff\xd8\xff\xe0", "image/jpeg"],
    ["GIF89a", "image/gif"],
    ["RIFF\x10\0\0\0WEBPVP8 ", "image/webp"],
    ["\0\0\0\x20ftypavif", "image/avif"],
    ["\0\0\0\x20ftypheic", "image/heic"],
    ["\0\0\0\x20ftypisom", "video/mp4"],
    ["\x1a\x45\xdf\xa3", "video/webm"],
    ["ID3\x04", "audio/mpeg"],
    ["%PDF-1.7", "application/pdf"],
    ["PK\x03\x04", "application/zip"],
    ["\x1f\x8b\x08", "application/gzip"],
    ["RIFF\x10\0\0\0WAVE", "application/octet-stream"],
    ["GIF8", "text/plain"],
    ["", "text/plain"],
    ["a\0b", "application/octet-stream"],
    ["\xe4", "text/plain"],
    ["\xe4b", "application/octet-stream"],
  ])("of %j is %s", (bytes, type) => {
    expect(typeOfFile(head(bytes), "image/png")).toBe(type);
  });

  it("is what the client says only among kinds of text", () => {
    expect(typeOfFile(head("a;b"), "text/csv")).toBe("text/csv");
    expect(typeOfFile(head("%PDF-1.7"), "text/csv")).toBe("application/pdf");
  });

  it("is text also if a character is cut at the end of the head", () => {
    const long = Buffer.from("ä".repeat(HEAD_BYTES)).subarray(0, HEAD_BYTES - 1);
    expect(typeOfFile(long, "")).toBe("text/plain");
  });
});
