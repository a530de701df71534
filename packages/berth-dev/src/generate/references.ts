// Asks the service's migrations, applied to a database in memory, about the tables that fields reference.
import { join } from "node:path";
import { Client } from "pg";
import pino from "pino";
import { UsageError } from "port-contract/args";
import { migrate } from "berth/migrate";
import { MIGRATION_FILES } from "../db/migration-files";
import { openDatabase } from "../embedded-postgres/data-directory";
import { createPostgresServer } from "../embedded-postgres/server";
import { databaseUrl, readSettings } from "../embedded-postgres/settings";
import { createSharedSession } from "../embedded-postgres/shared-session";
import { loadTypeScript } from "../typescript";
import type { ReferencedRow } from "./feature-test";
import type { Field } from "./fields";
import { camel, quoted, singularOf } from "./names";
import { sqlName } from "./sql-names";

const START_TIMEOUT_MS = 30_000;

/**
 * Creates the rows that these fields reference, in a database in memory.
 * @returns How tests create them, and a note for each row that PostgreSQL rejects.
 * @throws UsageError when a table does not exist, its id is not a bigint, or the migrations fail.
 */
export async function referencedRows(
  root: string,
  fields: readonly Field[],
): Promise<{ rows: ReferencedRow[]; notes: string[] }> {
  if (fields.length === 0) return { rows: [], notes: [] };
  return withMigrated(root, async (client) => {
    const statements = new Map<string, Insertion>();
    const notes: string[] = [];
    const rows: ReferencedRow[] = [];
    for (const { name, references = "" } of fields) {
      const isNew = !statements.has(references);
      const before = statements.size;
      const insertion = await insertionInto(client, references, statements, notes);
      rows.push({
        field: name,
        statements: isNew ? [...statements.values()].slice(before).map(({ code }) => code) : [],
        id: `${insertion.variable}!.id`,
      });
    }
    return { rows, notes };
  });
}

async function withMigrated<T>(root: string, work: (client: Client) => Promise<T>): Promise<T> {
  const settings = readSettings({ PORT: "0", HOST: "127.0.0.1", DATA_DIR: "memory://" });
  const database = await openDatabase(undefined);
  const server = createPostgresServer(await createSharedSession(database), settings);
  const url = databaseUrl(await server.listen(0, "127.0.0.1"), settings.name);
  const client = new Client({ connectionString: url });
  loadTypeScript();
  const [cwd, logger] = [process.cwd(), pino({ level: "silent" })];
  // A relative glob: in an absolute one, some folders' names would be patterns.
  process.chdir(join(root, "src"));
  try {
    await migrate({ url, files: MIGRATION_FILES, logger, startTimeoutMs: START_TIMEOUT_MS }).catch(
      (err: unknown) => {
        throw new UsageError(
          `the migrations fail (${(err as Error).message.split("\n")[0]}), so the tables are unknown: correct the migrations first`,
        );
      },
    );
    await client.connect();
    return await work(client);
  } finally {
    process.chdir(cwd);
    await client.end().catch(() => undefined);
    await server.close();
    await database.close();
  }
}

/** The statement of a test that creates a row. */
interface Insertion {
  /** The variable for the row. */
  variable: string;
  code: string;
  /** The row's id in this database; undefined if PostgreSQL rejected the row. */
  id: string | undefined;
}

interface Column {
  name: string;
  type: string;
  /** The table that it references. */
  references: string | null;
}

/** Creates a row, after those that it references. */
async function insertionInto(
  client: Client,
  table: string,
  known: Map<string, Insertion>,
  notes: string[],
): Promise<Insertion> {
  const present = known.get(table);
  if (present) return present;
  await requireTable(client, table);
  const { rows: columns } = await client.query<Column>(REQUIRED_COLUMNS, [table]);
  const parents: Insertion[] = [];
  const values: string[] = [];
  for (const { name, type, references } of columns) {
    if (references === null || references === table) values.push(sampleOf(name, type));
    else {
      parents.push(await insertionInto(client, references, known, notes));
      values.push(`$${parents.length}`);
    }
  }
  const names = columns.map(({ name }) => sqlName(name)).join(", ");
  const what = columns.length === 0 ? "DEFAULT VALUES" : `(${names}) VALUES (${values.join(", ")})`;
  const statement = `INSERT INTO ${sqlName(table)} ${what} RETURNING id`;
  const insertion: Insertion = {
    variable: camel(singularOf(table)),
    code: `const [${camel(singularOf(table))}] = await database.query<{ id: string }>(
      ${JSON.stringify(statement)}${parents.length > 0 ? `, [${parents.map(({ variable }) => `${variable}!.id`).join(", ")}]` : ""},
    );`,
    id: await client
      .query<{ id: string }>(
        statement,
        parents.map(({ id }) => id),
      )
      .then(({ rows: [row] }) => row?.id)
      .catch((err: Error) => {
        notes.push(`complete the INSERT INTO ${table} in the test: ${err.message}`);
        return undefined;
      }),
  };
  known.set(table, insertion);
  return insertion;
}

async function requireTable(client: Client, table: string): Promise<void> {
  const { rows } = await client.query<{ type: string }>(ID_TYPE, [table]);
  if (rows[0]?.type === "bigint") return;
  const [existing] = (await client.query<{ names: string | null }>(TABLES)).rows;
  throw new UsageError(
    rows[0] === undefined
      ? `no migration creates a table ${quoted(table)} with an id: ${existing?.names ? `expected one of ${existing.names}` : "write its feature first"}`
      : `${table}.id is a ${rows[0].type}, and references takes tables whose id is a bigint: add the field by hand`,
  );
}

/** A value for a column of this type, in SQL. */
function sampleOf(name: string, type: string): string {
  if (/char|text/.test(type)) {
    if (/mail/.test(name)) return "'ada@example.com'";
    return /url|link/.test(name) ? "'https://example.com'" : "'Ada'";
  }
  if (type === "boolean") return "true";
  if (type === "uuid") return "gen_random_uuid()";
  if (/^json/.test(type)) return "'{}'";
  if (/^(date|time)/.test(type)) return "now()";
  return type === "bytea" ? "''" : "1";
}

const ID_TYPE = `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
  WHERE attrelid = to_regclass(quote_ident($1)) AND attname = 'id' AND NOT attisdropped`;

const TABLES = `SELECT string_agg(c.relname, ', ' ORDER BY c.relname) AS names FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'migrations'`;

/** The required columns, without a default. */
const REQUIRED_COLUMNS = `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    (SELECT c.relname FROM pg_constraint f JOIN pg_class c ON c.oid = f.confrelid
      WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND f.conkey = ARRAY[a.attnum]) AS "references"
  FROM pg_attribute a WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0
    AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
  ORDER BY a.attnum`;
