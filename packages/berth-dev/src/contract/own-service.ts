// The kit without a command: the service of this checkout, built, run by the web line of its Procfile.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { freePort } from "port-contract/ports";
import { startRun } from "port-contract/harness";
import {
  lastWords,
  leaveEnvFileBehind,
  type Prepared,
  procfileCommand,
  shortExit,
  UsageError,
} from "port-contract";
import { berth } from "../cli-path";
import { declaredVariables, ownEnvironment } from "./own-environment";

const bootMs = 60_000;

/**
 * Reads what the service's tests say about it: each `contract.json` below test/ holds options of the kit by their names,
 * such as `{ "body-path": "/orders", "body": { "items": 1 } }`, as only they know what can be sent to it.
 *
 * @throws UsageError when a file is not JSON
 */
function ownOptions(): string[] {
  const tests = existsSync("test")
    ? readdirSync("test", { recursive: true, encoding: "utf8" })
    : [];
  const files = tests.filter((path) => basename(path) === "contract.json").sort();
  return files.flatMap((file) => optionsIn(join("test", file)));
}

function optionsIn(file: string): string[] {
  try {
    const options = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    return Object.entries(options).flatMap(([name, value]) => [
      `--${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
}

/**
 * Attaches an embedded PostgreSQL if the service declares DATABASE_URL, and runs the release line. Neither `.env` nor what
 * the shell sets for the service reaches it: the clauses write to what is attached.
 *
 * @throws UsageError when there is no web line, when it runs a build that does not exist, or when the release fails
 */
export async function prepareOwnService(): Promise<Prepared> {
  const command = procfileCommand("web");
  if (!command)
    throw new UsageError("give a COMMAND after --, or run in a directory whose Procfile has web:");
  if (/\bdist\//.test(command.shown) && !existsSync("dist"))
    throw new UsageError("dist/ is missing: npm run build first");
  // What the shell has set may name a database, or another service, that is in use.
  // PORT is the kit's to set, for each run another one.
  const others = declaredVariables().filter((name) => name !== "PORT");
  const unset = others.map((name) => [name, undefined]);
  const env = { ...(Object.fromEntries(unset) as Environment), ...ownEnvironment() };
  const detach =
    env.DATABASE_URL !== undefined ? await attachDatabase(env) : () => Promise.resolve();
  leaveEnvFileBehind();
  try {
    await release(env);
  } catch (error) {
    await detach();
    throw error;
  }
  return { command, env, options: ownOptions(), detach };
}

type Environment = Record<string, string | undefined>;

/** Sets DATABASE_URL to an embedded PostgreSQL; returns its end. */
async function attachDatabase(env: Environment): Promise<() => Promise<void>> {
  const database = startRun(berth("postgres"), {
    port: String(await freePort()),
    isolated: true,
    cwd: process.cwd(),
    env: { DATA_DIR: "memory://" },
  });
  const announced = /ready on (postgres:\/\/\S+)/;
  if (!(await database.output.shows((text) => announced.test(text), bootMs)))
    throw new Error(`the embedded PostgreSQL is not ready: ${lastWords(database.output)}`);
  env.DATABASE_URL = announced.exec(database.output.text())?.[1] ?? "";
  return database.reap;
}

async function release(env: Environment): Promise<void> {
  const command = procfileCommand("release");
  if (!command) return;
  const run = startRun(command.argv, { env });
  const exit = await run.exited;
  await run.reap();
  if (exit.code !== 0)
    throw new UsageError(`release: ${shortExit(exit)}; ${lastWords(run.output)}`);
}
