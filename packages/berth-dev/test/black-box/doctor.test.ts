// `berth doctor` in a small service: each finding is provoked for real.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { spawnEmbeddedPostgres, startTestPostgres } from "berth/testing";
import { berth } from "../../src/cli-path";
import { freeBasePort, root, startRunner, stopFormations } from "../formation/support";

const CONFIG = `
import { integer, nonEmpty, postgresVariables, variable } from "berth/config";
export const webVariables = {
  ...postgresVariables,
  SAILS: variable({ schema: integer(1, 9, "sails"), default: "3", about: "How many sails a ship has." }),
};
export const workerVariables = {
  HARBOUR_KEY: variable({ schema: nonEmpty("a key"), example: "k1", about: "Opens the harbour.", secret: true }),
};
`;
const MIGRATION = "src/features/ships/migrations/20260101000000_create-ships.ts";

let folder: string;
/** Takes a port. */
let taken: Server;
/** The first port of no formation: nothing listens there. */
let base: number;
/** Sockets and temporary files of this file's processes. */
const temporary = mkdtempSync(join(tmpdir(), "doctor-"));
afterAll(() => rmSync(temporary, { recursive: true }));
beforeAll(async () => (base = await freeBasePort()));
beforeEach(() => {
  taken = createServer();
  folder = mkdtempSync(join(tmpdir(), "doctor-service-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  cpSync(join(root, "tsconfig.json"), join(folder, "tsconfig.json"));
  write("package.json", JSON.stringify({ name: "ships", engines: { node: ">=20.19 <27" } }));
  write("Procfile.dev", [
    "web: DATABASE_URL=${DEV_DATABASE_URL:-postgres://postgres@127.0.0.1:$DB_PORT/$FORMATION_ID} exec berth reload src/server.ts",
    "db: DATABASE_NAME=$FORMATION_ID exec berth postgres",
    "# formation: worker=0",
    "worker: exec berth reload src/worker.ts",
  ]);
  write("src/config.ts", CONFIG);
});
afterEach(async () => {
  taken.close();
  await stopFormations();
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string | readonly string[]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === "string" ? content : content.join("\n"));
}

const environment = (env: Record<string, string>) => ({
  PATH: process.env.PATH,
  PORT: String(base),
  TMPDIR: temporary,
  npm_config_user_agent: "npm/11.0.0",
  ...env,
});

async function doctor(args: string[] = [], env: Record<string, string> = {}) {
  const [file, ...command] = berth("doctor", ...args);
  const child = spawn(file, command, { cwd: folder, env: environment(env) });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => (output[name] += chunk));
  const [code] = (await once(child, "close")) as [number];
  return { code, ...output };
}

interface Found {
  check: string;
  level: string;
  message: string;
  cure?: string;
}

/** The findings as `level check: message → cure`. */
async function findings(env: Record<string, string> = {}): Promise<string[]> {
  const { stdout, stderr } = await doctor(["--json"], env);
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as Found[]).map(
    ({ level, check, message, cure = "" }) => `${level} ${check}: ${message} → ${cure}`,
  );
}

function git(...args: string[]): void {
  const { status, stderr } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

describe("berth doctor", () => {
  it("is silent in a healthy service", async () => {
    expect(await doctor()).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("prints each finding with its cure, and exits with 1 for an error", async () => {
    write("src/config.ts", "export const webVariables = nonsense;");
    expect(await doctor()).toEqual({
      code: 1,
      stdout:
        "error    variables: src/config.ts cannot be loaded: ReferenceError: nonsense is not defined\n" +
        "         Correct it; npm run typecheck may say more\n",
      stderr: "",
    });
  });

  it("exits with 0 for warnings", async () => {
    expect(await doctor([], { NODE_ENV: "production" })).toEqual({
      code: 0,
      stdout:
        "warning  npm: NODE_ENV=production makes npm omit development dependencies, such as this command's\n" +
        "         unset NODE_ENV\n",
      stderr: "",
    });
  });

  const { status, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  const itOnTerminal = status === 0 && /util-linux/.test(stdout) ? it : it.skip;
  itOnTerminal(
    "ends with a line on a terminal, and uses colours there unless NO_COLOR is set",
    () => {
      write("Dockerfile", "FROM node:18\n");
      const command = berth("doctor")
        .map((each) => JSON.stringify(each))
        .join(" ");
      const shown = (env: Record<string, string>) =>
        spawnSync("script", ["-qec", command, "/dev/null"], {
          ...{ cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
          env: environment({ TERM: "xterm-256color", SHELL: "/bin/sh", ...env }),
        }).stdout;
      const [finding, cure, summary] = shown({}).split("\r\n");
      expect(finding).toContain("\x1b[33mwarning\x1b[0m  node: Dockerfile names Node 18, ");
      expect(cure).toBe("         Change Dockerfile, or engines.node in package.json");
      expect(summary).toMatch(/^1 warning: 17 checks in \d+\.\d s$/);
      expect(shown({ NO_COLOR: "1" })).toContain("warning  node: ");
    },
  );

  it("exits with 2 for an invalid command line, and in a folder without a service", async () => {
    expect(await doctor(["--fix"])).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^doctor: Unknown option '--fix': expected one of --json, --verbose, --help/,
      ) as string,
    });
    rmSync(join(folder, "package.json"));
    expect(await doctor()).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^doctor: .*package\.json cannot be read \(ENOENT.*\): run this in the service's folder\n$/,
      ) as string,
    });
  });

  it("notes what it could not check with --verbose", async () => {
    const { code, stdout } = await doctor(["--verbose"]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "note     advisories: not checked: npm audit needs a package-lock.json\n",
    );
  });

  it("reports the version of Node, and where it is named", async () => {
    write("package.json", JSON.stringify({ name: "ships", engines: { node: ">=99" } }));
    write("Dockerfile", "FROM node:24-slim AS build\n");
    expect(await findings()).toEqual([
      `error node: this is Node ${process.versions.node}, but package.json requires >=99 → Install a supported version, and run npm ci with it`,
      "warning node: Dockerfile names Node 24, but package.json requires >=99 → Change Dockerfile, or engines.node in package.json",
    ]);
  });

  it("reports a port in use, and by whom", async () => {
    taken.listen(base + 100);
    await once(taken, "listening");
    expect(await findings()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^error ports: port ${base + 100} of db\\.1 is in use by process ${process.pid} \\(.+\\) → Stop it, or choose other ports: npm run dev -- -p PORT, or PORT in \\.env$`,
        ),
      ),
    ]);
  });

  it("reports an invalid Procfile.dev", async () => {
    write("Procfile.dev", "web\n");
    expect(await findings()).toEqual([
      expect.stringMatching(
        /^error ports: .*Procfile\.dev:1: write NAME: COMMAND, not "web" → Correct it: npm run dev cannot start$/,
      ),
    ]);
  });

  it("is silent about the ports and the data of this folder's own formation", async () => {
    const port = await freeBasePort();
    write("Procfile.dev", [
      `web: echo $DB_PORT && exec node -e 'require("http").createServer().listen(process.env.PORT, () => console.log("up"))'`,
      `db: HOST=127.0.0.1 DATABASE_NAME=$FORMATION_ID exec "${process.execPath}" "${berth("postgres")[1]}" postgres`,
    ]);
    const runner = startRunner(folder, ["-f", "Procfile.dev", "-p", String(port)], {
      TMPDIR: temporary,
    });
    await runner.waitFor(/ready on/);
    await runner.waitFor(/web\.1.*up/);
    expect(
      await findings({ PORT: String(port), DATABASE_URL: "postgres://127.0.0.1:1/x" }),
    ).toEqual([]);
  });

  it("reports a data directory that another process uses", async () => {
    const DATA_DIR = join(folder, ".data/postgres");
    const other = await spawnEmbeddedPostgres({ DATA_DIR, TMPDIR: temporary });
    expect(await findings()).toEqual([
      expect.stringMatching(
        /^error data: \S+postgres is in use by process \d+, and npm run dev does not run here → kill \d+, or set DATA_DIR to another directory$/,
      ),
    ]);
    await other.stop("SIGTERM");
  });

  it("reports a data directory of another version, and one that is no database", async () => {
    write(".data/postgres/PG_VERSION", "9.6\n");
    write(".data/postgres/global/pg_control", "\0".repeat(16));
    expect(await findings()).toEqual([
      expect.stringMatching(
        /^error data: the data in \S+postgres is from another version of PostgreSQL than the installed PGlite's → Remove it to start with an empty database, or set DATA_DIR to another directory$/,
      ),
    ]);
    write("own/notes.txt", "mine");
    expect(await findings({ DATA_DIR: "own" })).toEqual([
      expect.stringMatching(
        /^error data: \S+own has files, such as notes\.txt, but is not a database → Move them elsewhere, or set DATA_DIR to another directory$/,
      ),
    ]);
  });

  it("reports what is wrong with .env", async () => {
    git("init", "--quiet");
    write(".env", "\uFEFFSAILS=12\r\nSAIL=1\r\nSTRIPE=1\r\nBY_SCRIPT=1\r\n");
    chmodSync(join(folder, ".env"), 0o644);
    write("scripts/tell.ts", "process.env.BY_SCRIPT");
    git("add", ".env");
    expect(await findings({ SAILS: "4" })).toEqual([
      "error env-file: .env is in git, and so are its secrets → git rm --cached .env, add it to .gitignore, and replace the secrets: they stay in the history",
      "warning env-file: .env may contain secrets, but other users of this machine can read it (mode 0644) → chmod 600 .env",
      "warning env-file: .env has a byte order mark and CRLF line ends, which become part of names and values for docker --env-file, systemd and sh → sed -i -e '1s/^\\xEF\\xBB\\xBF//' -e 's/\\r$//' .env",
      "warning env-file: SAILS in .env is ignored: the shell sets another value, which takes precedence → unset SAILS",
      "warning variables: no process reads SAIL in .env: did you mean SAILS? → Rename it to SAILS, or remove it",
      "warning variables: no process reads STRIPE in .env → Remove it, or declare it in src/config.ts",
    ]);
  });

  it("reports a .env that git does not ignore, and one that cannot be read", async () => {
    git("init", "--quiet");
    write(".env", "SAILS=4\n");
    chmodSync(join(folder, ".env"), 0o600);
    expect(await findings()).toEqual([
      "warning env-file: .env is not ignored by git → Add the line .env to .gitignore",
    ]);
    rmSync(join(folder, ".env"));
    mkdirSync(join(folder, ".env"));
    expect(await findings()).toEqual([
      `error env-file: ${join(folder, ".env")}: cannot be read: it is a folder → Remove or rename it`,
    ]);
  });

  it("reports values that the variables' schemas do not allow, and missing ones of what is started", async () => {
    write("src/config.ts", `${CONFIG}\nexport const webOnlyVariables = workerVariables;`);
    expect(await findings({ SAILS: "12" })).toEqual([
      'error variables: SAILS: expected a whole number from 1 to 9 (sails); got "12" (web, from the environment) → Correct it, or unset it for the default, 3',
    ]);
    write(
      "Procfile.dev",
      "web: exec berth reload src/server.ts\nworker: exec berth reload src/worker.ts\n",
    );
    expect(await findings({ DATABASE_URL: "postgres://127.0.0.1:1/x" })).toEqual([
      "error variables: HARBOUR_KEY: expected a key; it is not set (worker) → Set it, for example HARBOUR_KEY=k1",
    ]);
  });

  it("reports an outdated .env.example", async () => {
    write(".env.example", "# How many.\n# SAILS=3\n# MASTS=2\n");
    const [finding, ...others] = await findings();
    expect(others).toEqual([]);
    expect(finding).toMatch(
      /^warning variables: \.env\.example is out of date: it lacks DATABASE_URL, .*HARBOUR_KEY; src\/config\.ts has no MASTS → npm run docs$/,
    );
  });

  it("compares the migrations with the embedded database, which it leaves as it is", async () => {
    write(MIGRATION, `export const up = (pgm: any) => pgm.sql("CREATE TABLE ships ()");`);
    expect(await findings()).toEqual([]);
    const migrate = () => {
      const [file, ...args] = berth("db", "migrate");
      const options = { cwd: folder, env: environment({}), encoding: "utf8" } as const;
      return spawnSync(file, args, options).stdout;
    };
    expect(migrate()).toBe("applied 20260101000000_create-ships\n");
    expect(await findings()).toEqual([]);
    const early = MIGRATION.replace("20260101000000_create-ships", "20250101000000_create-crews");
    write(early, `export const up = (pgm: any) => pgm.sql("CREATE TABLE crews ()");`);
    expect(await findings()).toEqual([
      "warning migrations: the development database lacks 20250101000000_create-crews → npm run db -- migrate; npm run dev applies them, too",
      "warning migrations: 20250101000000_create-crews would be applied after 20260101000000_create-ships, which comes later: a new database applies them in the other order → Give them a later time, if they are not deployed yet",
    ]);
    expect(migrate()).toBe("applied 20250101000000_create-crews\n");
  });

  it("reports migrations that share a time or a name", async () => {
    for (const name of ["20260101000000_create-ships", "20260101000000_create-crews"])
      write(`src/features/ships/migrations/${name}.ts`, "");
    write("src/features/crews/migrations/20260101000000_create-crews.ts", "");
    expect(await findings()).toEqual([
      "error migrations: two features have a migration 20260101000000_create-crews: a database applies only one of them → Rename one of them",
      "warning migrations: migrations 20260101000000_create-crews and 20260101000000_create-ships have the same time: only the rest of their names determines the order → Give the later one a later time",
    ]);
  });

  it("reports a clock that differs from that of a database elsewhere", async () => {
    const other = await startTestPostgres();
    const url = { DEV_DATABASE_URL: other.url };
    write("an-hour-late.js", "const now = Date.now; Date.now = () => now() - 3_600_000;");
    const late = { NODE_OPTIONS: `--require ${join(folder, "an-hour-late.js")}` };
    expect(await findings(url)).toEqual([]);
    expect(await findings({ ...url, ...late })).toEqual([
      expect.stringMatching(
        /^warning clock: this machine's clock is 3\d{3} s behind the database's: tokens, sessions and job leases expire at the wrong time → sudo timedatectl/,
      ),
    ]);
    await other.stop();
  });

  it.each([
    ["is not installed", undefined, "Install Docker, then run docker compose up --wait"],
    [
      "does not respond",
      'echo "Cannot connect to the Docker daemon" >&2; exit 1',
      "Docker's daemon does not respond: start it, then run docker compose up --wait",
    ],
    [
      "refuses this user",
      'echo "permission denied while trying to connect" >&2; exit 1',
      'Docker denies access to this user: sudo usermod -aG docker "$USER", log in again, then docker compose up --wait',
    ],
    ["has not started the servers", "exit 0", "docker compose up --wait"],
  ])("reports servers that do not run, when Docker %s", async (_, script, cure) => {
    mkdirSync(join(folder, "bin"));
    for (const name of ["sh", "ps", "git"])
      symlinkSync(
        spawnSync("which", [name], { encoding: "utf8" }).stdout.trim(),
        join(folder, "bin", name),
      );
    if (script !== undefined) {
      write("bin/docker", `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, "bin/docker"), 0o755);
    }
    write("compose.yaml", `services: { postgres: { ports: ["127.0.0.1:${base}:5432"] } }`);
    const urls = {
      DEV_DATABASE_URL: `postgres://postgres@localhost:${base}/postgres`,
      REDIS_URL: `redis://127.0.0.1:${base + 100}`,
    };
    const [database, redis, ...others] = await findings({ ...urls, PATH: join(folder, "bin") });
    expect(others).toEqual([]);
    expect(database).toMatch(
      new RegExp(`^error servers: DEV_DATABASE_URL: localhost:${base} cannot be used: .*REFUSED`),
    );
    expect(database).toContain(` → ${cure}; or unset DEV_DATABASE_URL`);
    expect(redis).toBe(
      `error servers: REDIS_URL: 127.0.0.1:${base + 100} cannot be used: ECONNREFUSED → Start it, or correct the URL; or unset REDIS_URL`,
    );
  });

  it("reports that no file watches are left", async () => {
    const error = 'Object.assign(new Error("System limit reached"), { code: "ENOSPC" })';
    write("no-watches.js", `require("node:fs").watch = () => { throw ${error} };`);
    expect(await findings({ NODE_OPTIONS: `--require ${join(folder, "no-watches.js")}` })).toEqual([
      `warning watches: ${join(folder, "src")} cannot be watched (ENOSPC), polling once a second → more inotify watches: sudo sysctl fs.inotify.max_user_watches=524288`,
    ]);
  });

  it("reports that no temporary files can be created", async () => {
    const TMPDIR = join(folder, "absent");
    expect(await findings({ TMPDIR })).toEqual([
      `error disk: no temporary file can be created in ${TMPDIR} (ENOENT) → Make it writable, or set TMPDIR to a folder that is`,
    ]);
  });
});
