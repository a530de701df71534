// Tracks which migration is running, to name it in the log and in errors: when it is slow, fails or exits the process.
import { basename, extname } from "node:path";
import type { ColumnDefinitions, MigrationBuilder, RunnerOption } from "node-pg-migrate";
import type { Logger } from "pino";
import { reasonOf } from "./errors";

/** Tracks the migrations of one run. */
export interface MigrationProgress {
  /** Creates a loader for node-pg-migrate that imports files one by one, and tracks their migrations. */
  loader: (importFile: (path: string) => Promise<unknown>) => MigrationLoader;
  /** Returns an error with the migration's name and the hint in its message, if a migration was running. */
  toError: (err: unknown, hint: string) => unknown;
  /** Stops watching. */
  end: () => void;
}

type Strategies = NonNullable<RunnerOption["migrationLoaderStrategies"]>;
type MigrationLoader = Exclude<Strategies[number]["loader"], string>;
type Action = (pgm: MigrationBuilder, done?: () => void) => unknown;

/** The expected exports of a migration file; none of them is certain. */
interface MigrationFile {
  up?: Action;
  down?: Action | false;
  shorthands?: ColumnDefinitions;
}

const isAction = (value: unknown): value is Action => typeof value === "function";

/** How often the log names the running migration, in milliseconds. */
const LOG_INTERVAL_MS = 30_000;

/** Tracks migrations until `end` is called: a process that exits before that has failed, whatever its exit code. */
export function trackMigrations(
  logger: Pick<Logger, "info" | "warn" | "fatal">,
): MigrationProgress {
  let current: { migration: string; failure: string } | undefined;

  const logTimer = setInterval(() => {
    if (current) logger.info({ migration: current.migration }, "a migration is still running");
  }, LOG_INTERVAL_MS).unref();

  const onExit = (code: number) => {
    const migration = current?.migration;
    if (code !== 0) {
      logger.warn({ migration, code }, "the process exits before its migrations are done");
      return;
    }
    process.exitCode = 1;
    const culprit = migration ? `The migration ${migration}` : "Something";
    // Created within process.exit(): the stack names the line that called it.
    const err = new Error(
      `${culprit} exited the process before it was done, which counts as a failure: throw an Error instead of calling process.exit`,
    );
    logger.fatal({ err, migration }, err.message);
  };
  // Runs before the log is flushed for the last time.
  process.prependListener("exit", onExit);

  const track = (migration: string, action: unknown) => async (pgm: MigrationBuilder) => {
    current = { migration, failure: "failed" };
    if (!isAction(action)) throw new Error("it exports no function up");
    // The library's older style: with a callback as the second parameter.
    if (action.length === 2) await new Promise<void>((done) => void action(pgm, done));
    else await action(pgm);
  };

  const loader: MigrationProgress["loader"] = (importFile) => async (paths) => {
    const units = [];
    for (const path of paths) {
      const migration = basename(path, extname(path));
      current = { migration, failure: "cannot be loaded" };
      const { up, down, shorthands } = (await importFile(path)) as MigrationFile;
      const actions = {
        shorthands,
        up: track(migration, up),
        // The library derives a missing one from `up`; `false` means that the migration is irreversible.
        down: isAction(down) ? track(migration, down) : down,
      };
      units.push({ id: path, filePaths: [path], actions });
    }
    current = undefined;
    return units;
  };

  return {
    loader,
    toError(err, hint) {
      if (!current) return err;
      // The library wraps errors of loading a file.
      const cause = current.failure === "failed" ? err : ((err as Error).cause ?? err);
      const message = `The migration ${current.migration} ${current.failure}: ${reasonOf(cause)}${hint}`;
      return new Error(message, { cause });
    },
    end() {
      clearInterval(logTimer);
      process.off("exit", onExit);
    },
  };
}
