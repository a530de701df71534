// The embedded PostgreSQL process of the development formation: serves one database on a port.
import { writeFile } from "node:fs/promises";
import { parseCommandLine } from "port-contract/args";
import { lockDataDirectory } from "./data-directory-lock";
import { openDatabase } from "./data-directory";
import type { PGlite } from "./pglite";
import { createPostgresServer, type PostgresServer } from "./server";
import { databaseUrl, readSettings } from "./settings";
import { createSharedSession, type SharedSession } from "./shared-session";

const usage = `Usage: berth postgres

Runs an embedded PostgreSQL (PGlite) for development.

  --help    show this

Environment variables:
  PORT           the port (default: 5100; 0: any free port)
  HOST           the address to listen on (default: 127.0.0.1)
  DATA_DIR       the data directory, or memory:// (default: .data/postgres)
  DATABASE_NAME  the name that clients must use for the database (default: postgres)
  SNAPSHOT       a dump to begin with, only with memory:// (default: an empty database)
  IDLE_IN_TRANSACTION_TIMEOUT_MS  how long other connections wait for an idle transaction, in milliseconds
                 (default: 60000; 0: no limit)`;

/** With an IPC channel to its parent, as in tests, this process ends with the parent. */
const hasParent = process.connected;

async function start(args: readonly string[]): Promise<void> {
  const options = { help: { type: "boolean", short: "h" } } as const;
  if (parseCommandLine(args, options, { allowPositionals: false }).values.help)
    return console.log(usage);
  const settings = readSettings(process.env);
  const { port, host, dataDir, snapshot, name } = settings;
  if (dataDir !== undefined) await lockDataDirectory(dataDir);
  const database = await openDatabase(dataDir, snapshot);
  const session = await createSharedSession(database);
  const server = createPostgresServer(session, settings);
  const address = await server.listen(port, host);
  process.on(
    "message",
    ({ snapshot: file }: { snapshot: string }) => void writeSnapshot(session, database, file),
  );
  stopOnce(server, () => database.close());
  console.log(`embedded PostgreSQL ready on ${databaseUrl(address, name)}`);
}

/** Writes a snapshot of the database to the file, and then sends the parent a message. */
async function writeSnapshot(
  session: SharedSession,
  database: PGlite,
  file: string,
): Promise<void> {
  const unlock = await session.mutex.lock();
  try {
    const dump = await database.dumpDataDir("none");
    await writeFile(file, Buffer.from(await dump.arrayBuffer()));
  } finally {
    unlock();
  }
  process.send?.({ snapshot: file });
}

/** Stops at the first signal. Until this is called, signals kill the process, which damages nothing yet. */
function stopOnce(server: PostgresServer, closeDatabase: () => Promise<void>): void {
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= server
      .close()
      .then(closeDatabase)
      .then(() => process.exit(0), fail);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  process.once("disconnect", stop);
  if (hasParent && !process.connected) stop();
}

function fail(err: unknown): never {
  console.error(`embedded PostgreSQL: ${err instanceof Error ? err.message : String(err)}`);
  process.exit(1);
}

start(process.argv.slice(2)).catch(fail);
