// The README's examples work.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startCommand,
  startTestPostgres,
  stopProcesses,
  type TestPostgres,
  type TestProcess,
  untilListening,
} from "berth/testing";
import { buildService, copyService, typeIn } from "../service-copy";

const root = join(__dirname, "../../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** A copy of the service with the README's feature. */
const folder = mkdtempSync(join(tmpdir(), "readme-"));
let postgres: TestPostgres | undefined;
let web: TestProcess;
let url: string;
beforeAll(async () => {
  typeReadme(folder);
  buildService(folder);
  const database = await startTestPostgres();
  postgres = database;
  const run = (file: string, env: Record<string, string>) =>
    startCommand([process.execPath, file], { ...env, DATABASE_URL: database.url }, folder);
  const release = run("dist/migrate.js", {});
  if ((await release.exit) !== 0) throw new Error(release.lines.join("\n"));
  web = run("dist/server.js", { PORT: "0" });
  url = `http://127.0.0.1:${await untilListening(web)}`;
});
afterAll(async () => {
  await stopProcesses();
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

const transcript = /```console\n([^]*?)```/.exec(readme)?.[1] ?? "";
const exchanges = [...transcript.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(
  ([, command = "", output = ""]) => ({ command, output }),
);

/** Values that differ from run to run. */
const constant = (output: string) =>
  output
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "<uuid>")
    .trim();

describe("the README", () => {
  it("shows the output of its commands", () => {
    expect(exchanges.length).toBeGreaterThan(2);
    for (const { command, output } of exchanges) {
      const real = command.replaceAll("localhost:5000", url);
      const seen = execFileSync("/bin/sh", ["-c", real], { encoding: "utf8" });
      expect({ command, output: constant(seen) }).toEqual({ command, output: constant(output) });
    }
  });

  it("shows a feature that compiles and works", async () => {
    const post = (path: string, body: object, headers = {}) =>
      fetch(url + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    const create = async (title: string) => {
      const note = (await (await post("/notes", { title, body: title })).json()) as {
        id: string;
      };
      return note.id;
    };
    const from = await create("one");
    const into = await create("two");
    const token = { Authorization: "Bearer s3cret" };
    expect((await post("/merges", { from, into })).status).toBe(401);
    expect((await post("/merges", { from, into: "99999" }, token)).status).toBe(404);
    expect((await post("/merges", { from: "99999", into }, token)).status).toBe(404);
    expect((await fetch(`${url}/notes/${from}`)).status).toBe(200);
    expect((await post("/merges", { from, into }, token)).status).toBe(204);
    expect((await fetch(`${url}/notes/${from}`)).status).toBe(404);
    expect(await (await fetch(`${url}/notes/${into}`)).json()).toMatchObject({ body: "twoone" });
    expect(JSON.parse(await web.line(/notes merged/))).toMatchObject({
      from,
      into,
      editor: "ada",
      requestId: expect.any(String) as string,
      route: "/merges",
    });
  });
});

/** Copies the service and adds the README's blocks, each in the file that its first line names. */
function typeReadme(folder: string): void {
  copyService(folder, ["tsconfig.build.json"]);
  const blocks = [...readme.matchAll(/```ts\n\/\/ (src\/\S+)\n([^]*?)```/g)];
  expect(blocks.length).toBeGreaterThan(2);
  for (const [, path = "", code = ""] of blocks) {
    typeIn(folder, path, code);
  }
}
