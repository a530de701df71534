// What docs/jobs.md says to type in is a working job, from the request to its effect.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startCommand,
  startTestPostgres,
  stopProcesses,
  type TestPostgres,
  untilListening,
} from "berth/testing";
import { createDatabase } from "berth/postgres";
import { readProcfile } from "berth-dev/formation";
import { pino } from "pino";
import { buildService, copyService, typeIn } from "../service-copy";

const root = join(__dirname, "../../..");
const page = readFileSync(join(root, "docs/jobs.md"), "utf8");

const folder = mkdtempSync(join(tmpdir(), "jobs of a service-"));
let postgres: TestPostgres | undefined;
beforeAll(async () => {
  typePage();
  buildService(folder);
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await stopProcesses();
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

/** The command of the process type in the Procfile. */
function commandOf(name: string): string[] {
  const text = readFileSync(join(folder, "Procfile"), "utf8");
  const command = new RegExp(`^${name}: node (.*)$`, "m").exec(text)?.[1] ?? "";
  return [process.execPath, command];
}

const start = (name: string, env: Record<string, string> = {}) =>
  startCommand(commandOf(name), { DATABASE_URL: postgres?.url ?? "", ...env }, folder);

describe("docs/jobs.md", () => {
  it("needs about thirty lines", () => {
    const essential = ["create-jobs.ts", "jobs.ts", "worker.ts"];
    const lines = blocks
      .filter(([path]) => essential.some((name) => path.endsWith(name)))
      .flatMap(([, code]) => code.split("\n").filter(Boolean));
    expect(lines.length).toBeLessThanOrEqual(36);
  });

  it("enqueues a job in a request, which a worker process runs", async () => {
    const release = start("release");
    expect(await release.exit).toBe(0);
    const worker = start("worker");
    await worker.line(/takes jobs/);
    const web = start("web", { PORT: "0" });
    const res = await fetch(`http://127.0.0.1:${await untilListening(web)}/reminders`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Request-Id": "from-the-docs" },
      body: JSON.stringify({ title: "Tea", at: "2026-01-01T00:00:00.000Z" }),
    });
    expect(res.status).toBe(202);
    const fields = { job: "remind", attempt: 1, requestId: "from-the-docs" };
    expect(JSON.parse(await worker.line(/"reminded"/))).toMatchObject({ ...fields, reminder: "1" });
    expect(JSON.parse(await worker.line(/job done/))).toMatchObject(fields);
    worker.child.kill("SIGTERM");
    expect(await worker.exit).toBe(0);
    const logger = pino({ level: "silent" });
    const database = createDatabase({
      url: postgres?.url ?? "",
      poolSize: 1,
      connectTimeoutMs: 60_000,
      statementTimeoutMs: 60_000,
      logger,
    });
    const rows = await database.query("SELECT title, sent_at IS NOT NULL AS sent FROM reminders");
    await database.close();
    expect(rows).toEqual([{ title: "Tea", sent: true }]);
  });

  it("has a line for npm run dev, whose worker waits for the database", () => {
    const { types } = readProcfile(join(folder, "Procfile.dev"));
    const worker = types.find(({ name }) => name === "worker");
    expect(worker?.command).toContain("$DB_PORT");
  });
});

/** The files of the page, by their first lines. */
const blocks = [...page.matchAll(/```(?:typescript)?\n(?:\/\/|#) (\S+)\n([^]*?)```/g)].map(
  ([, path = "", code = ""]) => [path, code] as const,
);

function typePage(): void {
  copyService(folder, ["tsconfig.build.json", "Procfile", "Procfile.dev"]);
  expect(blocks.length).toBe(7);
  for (const [path, code] of blocks) {
    typeIn(folder, path, code, (text) => (path.startsWith("Procfile") ? text + code : code));
  }
  const routes = join(folder, "src/routes.ts");
  const [line = ""] = /app\.use\("\/reminders", .*?\)\)/.exec(page) ?? [];
  const text = readFileSync(routes, "utf8").replace(/\n}\n/, `\n  ${line};\n}\n`);
  const imported = `import { createRemindersRouter } from "./features/reminders/router";\n`;
  writeFileSync(routes, imported + text);
}
