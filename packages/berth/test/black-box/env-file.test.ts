// A `.env` that exists but cannot be read.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WEB } from "../support/built";
import {
  asServer,
  fetchAlone,
  startCommand,
  startProcess,
  stopProcesses,
} from "../../src/testing/process";
import { createWorkerProgram } from "../support/worker-program";

afterEach(stopProcesses);

const env = { PORT: "0", DATABASE_URL: "postgres://user@127.0.0.1:1/absent" };

describe("a .env that cannot be read", () => {
  it.each([
    ["a folder", (file: string) => mkdirSync(file), "it is a folder"],
    [
      "UTF-16",
      (file: string) => writeFileSync(file, "\uFEFFPORT=1\n", "utf16le"),
      "it contains UTF-16",
    ],
    ["a link in a circle", (file: string) => symlinkSync(".env", file), "cannot be read (ELOOP)"],
  ])("prevents the start if it is %s", async (_, make, what) => {
    const folder = mkdtempSync(join(tmpdir(), "env-file-"));
    make(join(folder, ".env"));
    const server = startProcess(WEB, env, [], folder);
    const serves = server.line(/is listening/).catch(() => server.exit);
    expect(await Promise.race([server.exit, serves])).toBe(1);
    expect(server.stderr()).toMatch(/^Invalid environment variables:\n.*\/\.env: .*\n$/);
    expect(server.stderr()).toContain(what);
    rmSync(folder, { recursive: true });
  });

  it("keeps the current workers at a SIGHUP, and is read again at the next", async () => {
    const program = createWorkerProgram();
    const file = join(program.folder, ".env");
    program.writeEnv("PORT=0\nWEB_CONCURRENCY=2\n");
    const server = await asServer(startCommand(program.command, {}, program.folder));
    const worker = async () =>
      ((await (await fetchAlone(server.url)).json()) as { worker: number }).worker;
    rmSync(file);
    symlinkSync(".env", file);
    server.child.kill("SIGHUP");
    const line = await server.line(/"level":"error"|all workers are replaced/);
    expect(line).toMatch(/keeping the current workers:\\n.*\/\.env: cannot be read \(ELOOP\)/);
    expect([1, 2]).toContain(await worker());
    rmSync(file);
    program.writeEnv("PORT=0\nWEB_CONCURRENCY=2\nLOG_LEVEL=debug\n");
    server.child.kill("SIGHUP");
    await server.line(/all workers are replaced/);
    expect([3, 4]).toContain(await worker());
  });
});
