// Runs the built service in the working directory for the contract kit, by the web line of its Procfile.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { freePort } from "port-contract/ports";
import { startRun } from "port-contract/harness";
import {
  describeOutput,
  hideEnvFile,
  type Prepared,
  procfileCommand,
  describeExit,
  UsageError,
} from "port-contract";
import { berth } from "../cli-path";
import { declaredVariables, ownEnvironment } from "./own-environment";

const DATABASE_START_TIMEOUT_MS = 60_000;

/**
 * Reads command-line options from each `contract.json` below test/, such as `{ "body-path": "/orders", "body": { "items": 1 } }`:
 * only the service knows which requests it accepts.
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
 * Starts an embedded PostgreSQL if the service declares DATABASE_URL, and runs the release line of the Procfile. The service gets
 * neither `.env` nor the shell's variables, because the clauses write to its backing services.
 *
 * @throws UsageError when there is no web line, the build is missing, or the release fails
 */
export async function prepareOwnService(): Promise<Prepared> {
  const command = procfileCommand("web");
  if (!command)
    throw new UsageError(
      "give a COMMAND after --, or run this in a directory whose Procfile has a line web:",
    );
  if (/\bdist\//.test(command.shown) && !existsSync("dist"))
    throw new UsageError("dist/ is missing: run npm run build first");
  // Unset, because the shell's variables may point to a database or another service that is in use. The kit itself sets PORT.
  const declared = declaredVariables().filter((name) => name !== "PORT");
  const unset = declared.map((name) => [name, undefined]);
  const env = { ...(Object.fromEntries(unset) as Environment), ...ownEnvironment() };
  const detach =
    env.DATABASE_URL !== undefined ? await attachDatabase(env) : () => Promise.resolve();
  hideEnvFile();
  try {
    await release(env);
  } catch (error) {
    await detach();
    throw error;
  }
  return { command, env, options: ownOptions(), detach };
}

type Environment = Record<string, string | undefined>;

/** Starts an embedded PostgreSQL and sets DATABASE_URL to its URL. Returns the function that stops it. */
async function attachDatabase(env: Environment): Promise<() => Promise<void>> {
  const database = startRun(berth("postgres"), {
    port: String(await freePort()),
    isolated: true,
    cwd: process.cwd(),
    env: { DATA_DIR: "memory://" },
  });
  const announced = /ready on (postgres:\/\/\S+)/;
  if (!(await database.output.shows((text) => announced.test(text), DATABASE_START_TIMEOUT_MS)))
    throw new Error(`the embedded PostgreSQL is not ready: ${describeOutput(database.output)}`);
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
    throw new UsageError(`release: ${describeExit(exit)}; ${describeOutput(run.output)}`);
}
