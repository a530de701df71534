// Knows which migration is at work, and says so when that is not done in time, or never will be.
import { basename, extname } from "node:path";
import type { ColumnDefinitions, MigrationBuilder, RunnerOption } from "node-pg-migrate";
import type { Logger } from "pino";
import { reasonOf } from "./errors";

/** Follows the migrations of one run. */
export interface MigrationProgress {
  /** Loads files one by one, whose migrations are then followed. */
  loader: (importFile: (path: string) => Promise<unknown>) => MigrationLoader;
  /** The error with the migration's name in its message, and the hint behind it, if one was at work. */
  explain: (err: unknown, hint: string) => unknown;
  /** Stops watching. */
  end: () => void;
}

type Strategies = NonNullable<RunnerOption["migrationLoaderStrategies"]>;
type MigrationLoader = Exclude<Strategies[number]["loader"], string>;
type Action = (pgm: MigrationBuilder, done?: () => void) => unknown;

/** What a file should export; it may export anything. */
interface MigrationFile {
  up?: Action;
  down?: Action | false;
  shorthands?: ColumnDefinitions;
}

const isAction = (value: unknown): value is Action => typeof value === "function";

/** How often the log says which migration is at work. */
const SAY_EVERY_MS = 30_000;

/** Follows migrations until `end` is called: a process that exits before has failed, whatever its code. */
export function followMigrations(
  logger: Pick<Logger, "info" | "warn" | "fatal">,
): MigrationProgress {
  let current: { migration: string; failure: string } | undefined;

  const saying = setInterval(() => {
    if (current) logger.info({ migration: current.migration }, "a migration is still at work");
  }, SAY_EVERY_MS).unref();

  const onExit = (code: number) => {
    const migration = current?.migration;
    if (code !== 0) {
      logger.warn({ migration, code }, "the process ends before its migrations are done");
      return;
    }
    process.exitCode = 1;
    const culprit = migration ? `The migration ${migration}` : "Something";
    // Called by what has ended the process, and so its stack names the line.
    const err = new Error(
      `${culprit} has ended the process before it was done, which does not count as success: throw an Error instead of calling process.exit`,
    );
    logger.fatal({ err, migration }, err.message);
  };
  // Before the log is written for the last time.
  process.prependListener("exit", onExit);

  const follow = (migration: string, action: unknown) => async (pgm: MigrationBuilder) => {
    current = { migration, failure: "failed" };
    if (!isAction(action)) throw new Error("it exports no function up");
    // The library's older style calls back when it is done.
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
        up: follow(migration, up),
        // Without one it is derived from `up`, and `false` says that there is no way back.
        down: isAction(down) ? follow(migration, down) : down,
      };
      units.push({ id: path, filePaths: [path], actions });
    }
    current = undefined;
    return units;
  };

  return {
    loader,
    explain(err, hint) {
      if (!current) return err;
      // The library has put a sentence of its own around what a file has thrown while it was loaded.
      const cause = current.failure === "failed" ? err : ((err as Error).cause ?? err);
      const message = `The migration ${current.migration} ${current.failure}: ${reasonOf(cause)}${hint}`;
      return new Error(message, { cause });
    },
    end() {
      clearInterval(saying);
      process.off("exit", onExit);
    },
  };
}
