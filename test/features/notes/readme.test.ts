import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestPostgres } from "../../chassis/support/postgres";
import type { TestServer } from "../../chassis/support/process";
import { startMigratedPostgres, startService } from "../../support/service";

const readme = readFileSync(join(__dirname, "../../../README.md"), "utf8");
const transcript = /```console\n([^]*?)```/.exec(readme)?.[1] ?? "";
const exchanges = [...transcript.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(
  ([, command = "", output = ""]) => ({ command, output }),
);

let postgres: TestPostgres;
let server: TestServer;
beforeAll(async () => {
  postgres = await startMigratedPostgres();
  server = await startService({ DATABASE_URL: postgres.url });
});
afterAll(async () => {
  await server.stop();
  await postgres.stop();
});

/** What differs from run to run. */
const constant = (output: string) =>
  output
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "<uuid>")
    .trim();

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

describe("the README's transcript", () => {
  (hasCurl ? it : it.skip)("is what a person sees who types it", () => {
    expect(exchanges.length).toBeGreaterThan(3);
    for (const { command, output } of exchanges) {
      const real = command.replaceAll("localhost:5000", `127.0.0.1:${server.port}`);
      const seen = execFileSync("/bin/sh", ["-c", real], { encoding: "utf8" });
      expect({ command, output: constant(seen) }).toEqual({ command, output: constant(output) });
    }
  });
});
