// Stacks in the log of the built service.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RELEASE } from "../support/built";
import { startProcess } from "../../src/testing/process";

const root = join(__dirname, "../..");

describe("an error in the log of the built service", () => {
  it("names the lines of this package's src", async () => {
    const DATABASE_URL = "postgres://u@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/absent";
    const { exit, lines } = startProcess(RELEASE, { DATABASE_URL });
    expect(await exit).toBe(1);
    const { err } = JSON.parse(lines.at(-1) ?? "") as { err: { stack: string } };
    const [, file = "", line] = /at readFile \((.+):(\d+):\d+\)/.exec(err.stack) ?? [];
    expect(file).toBe(join(root, "src/postgres/tls.ts"));
    expect(readFileSync(file, "utf8").split("\n")[Number(line) - 1]).toContain("throw new");
  });
});
