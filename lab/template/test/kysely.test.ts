// docs/database.md's example of typed rows works on a database.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "berth/postgres";
import { createTestLogger, startTestPostgres, type TestPostgres } from "berth/testing";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";

const root = join(__dirname, "../../..");
/** Beside the service's modules, not among them: a stack in the log shows only code of the service. */
const folder = mkdtempSync(join(tmpdir(), "kysely-"));
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
afterAll(() => rmSync(folder, { recursive: true }));
const page = readFileSync(join(root, "docs/database.md"), "utf8");
const [, section = ""] = /^## Typed rows\n([^]*?)^## /m.exec(page) ?? [];
const [tables = "", example = ""] = [...section.matchAll(/```ts\n([^]*?)```/g)].map(
  ([, code = ""]) => code,
);

/** Types the code in, as a module. */
function typeIn(name: string, code: string): string {
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023 };
  const file = join(folder, `${name}.js`);
  writeFileSync(file, transpileModule(code, { compilerOptions }).outputText);
  return file;
}

const load = createRequire(__filename);

interface Example {
  (database: Database, customer: string): Promise<{ found: object[]; removed: object[] }>;
}

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  const limits = { poolSize: 2, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
  database = createDatabase({ url: postgres.url, logger: createTestLogger().logger, ...limits });
  await database.query(
    `CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, customer text, item text, count int,
     created_at timestamptz DEFAULT now())`,
  );
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

it("runs kysely's statements on the database, and in a transaction", async () => {
  await database.query(
    `INSERT INTO orders (customer, item, count)
     VALUES ('ada', 'rope', 2), ('ada', 'anchor', 5), ('ada', 'buoy', 0), ('bob', 'oar', 9)`,
  );
  typeIn("tables", tables);
  const file = typeIn(
    "example",
    `import { rowsOf, tables } from "./tables";
    export async function run(database, customer) {
      ${example}
      return { found, removed };
    }`,
  );
  const { run } = load(file) as { run: Example };
  expect(await run(database, "ada")).toEqual({
    found: [
      { id: "2", item: "anchor", count: 5 },
      { id: "1", item: "rope", count: 2 },
      { id: "3", item: "buoy", count: 0 },
    ],
    removed: [{ id: "3" }],
  });
});

it("names the statement, and the code that ran it, in an error", async () => {
  const { rowsOf, tables: all } = load(typeIn("tables", tables)) as {
    rowsOf: (on: Database, statement: unknown) => Promise<object[]>;
    tables: { selectFrom: (name: string) => { select: (name: string) => unknown } };
  };
  const find = () => rowsOf(database, all.selectFrom("orders").select("titel"));
  await expect(find()).rejects.toMatchObject({
    stack: expect.stringMatching(
      /select "titel" from "orders"[^]*tables\.js[^]*kysely\.test\.ts/,
    ) as string,
  });
});
