import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions } from "../../src/fuzz/options";
import { curlOf } from "../../src/fuzz/report";

const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the command line of the fuzzer", () => {
  it.each([
    [["https://example.org"], "URL must be that of a service on this machine"],
    [["http://192.168.1.9:5000"], "URL must be that of a service on this machine"],
    [["http://localhost.example.org"], "URL must be that of a service on this machine"],
    [
      ["http://localhost:1", "http://localhost:2"],
      "give only one URL, not also http://localhost:2",
    ],
    [["--runs", "0"], '--runs must be a whole number from 1 to 1000000, not "0"'],
    [["--seed", "1e3"], "--seed must be a whole number"],
    [["--fast"], "Unknown option '--fast'"],
  ])("rejects %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  it("accepts the URL of a service on this machine", () => {
    expect(parseOptions(["http://localhost:5000/api/"]).url).toBe("http://localhost:5000/api");
    expect(parseOptions(["http://[::1]:5000"]).url).toBe("http://[::1]:5000");
  });
});

describe("curlOf", () => {
  const line = (sent: object, file = "/absent") =>
    curlOf(
      "http://localhost:5000",
      { method: "POST", target: "/a?b=%00", headers: {}, ...sent },
      file,
    );

  it("quotes special characters of the shell", () => {
    expect(line({ headers: { "Content-Type": "", A: "b" }, body: `{"a":"it's $1"}` })).toBe(
      `curl -i -X POST --path-as-is -H 'Content-Type;' -H 'A: b' --data-raw '{"a":"it'\\''s $1"}' 'http://localhost:5000/a?b=%00'`,
    );
  });

  it("writes a body to a file if it does not fit into the command", () => {
    const file = join(folder, "body");
    expect(line({ body: Buffer.from([0, 255]) }, file)).toContain(` --data-binary '@${file}' `);
    expect(existsSync(file)).toBe(true);
  });
});
