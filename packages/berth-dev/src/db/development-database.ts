// Opens the database of `npm run dev`: the running server, or a server on the same data for the time of a command.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { openDatabase } from "../embedded-postgres/data-directory";
import { lockDataDirectory } from "../embedded-postgres/data-directory-lock";
import { databaseUrl, readSettings } from "../embedded-postgres/settings";
import { createPostgresServer } from "../embedded-postgres/server";
import { createSharedSession } from "../embedded-postgres/shared-session";
import { readValues } from "../formation/environment";
import { formationId } from "../formation/formation-id";
import { chooseBasePort, portOf } from "../formation/ports";
import { parseProcfile } from "../formation/procfile";

/** A database that can be connected to. */
export interface Target {
  url: string;
  /** Stops the server, if it was started for this command. */
  close: () => Promise<void>;
}

/** The URL at which `npm run dev` serves it. @param port The formation's first port, if it is not the default. */
function developmentUrl(root: string, port: number | undefined): string {
  const procfile = join(root, "Procfile.dev");
  const { types } = parseProcfile(readFileSync(procfile, "utf8"), procfile);
  const index = types.findIndex(({ name }) => name === "db");
  if (index < 0) throw new Error(`${procfile} has no line "db:": name the database with --url URL`);
  const base = chooseBasePort(port, readValues(join(root, ".env")), process.env);
  const address = { address: "127.0.0.1", family: "IPv4", port: portOf(base, index, 1) };
  return databaseUrl(address, formationId(root));
}

/**
 * Connects to the development database, or starts a server for it.
 * @throws Error with the cure when another process uses its data.
 */
export async function openDevelopmentDatabase(root: string, port?: number): Promise<Target> {
  const url = developmentUrl(root, port);
  if (await isRunning(url)) return { url, close: () => Promise.resolve() };
  const { DATA_DIR } = { ...readValues(join(root, ".env")), ...process.env };
  const settings = readSettings({
    PORT: "0",
    HOST: "127.0.0.1",
    DATA_DIR,
    DATABASE_NAME: formationId(root),
  });
  if (settings.dataDir !== undefined) await lock(settings.dataDir);
  const database = await openDatabase(settings.dataDir);
  const server = createPostgresServer(await createSharedSession(database), settings);
  const address = await server.listen(settings.port, settings.host);
  const close = () => server.close().then(() => database.close());
  return { url: databaseUrl(address, settings.name), close };
}

async function lock(dataDir: string): Promise<void> {
  try {
    await lockDataDirectory(dataDir);
  } catch (err) {
    throw new Error(`${(err as Error).message}; if that is npm run dev, add its -p PORT here`, {
      cause: err,
    });
  }
}

/** Whether this database, and not another program, responds at the URL. */
async function isRunning(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 2000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    void client.end().catch(() => undefined);
  }
}
