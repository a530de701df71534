// A program with several workers in a folder of its own, which a test can change while it runs.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asServer, startCommand, type TestServer } from "../../src/testing/process";
import { COMPILED } from "./built";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** The parts of the program that a test may set, as JavaScript. */
export interface Release {
  /** Included in every response. */
  version?: string;
  /** Runs while the program is loading. */
  whileLoading?: string;
  /** The readiness check of its only backing service; passes by default. */
  check?: string;
}

/** A program on disk. */
export interface WorkerProgram {
  folder: string;
  /** Replaces the program with another release, atomically. */
  release(of: Release): void;
  /** Lets present and future requests of `/slow` finish. */
  respondToSlow(): void;
  /** Writes the program's `.env`. */
  writeEnv(text: string): void;
  /** Starts it with two workers; resolves once it serves. */
  start(env?: Record<string, string>): Promise<TestServer>;
  /** The command that starts it. */
  command: string[];
}

/** Writes a program into a folder of its own. */
export function createWorkerProgram(of: Release = {}): WorkerProgram {
  const folder = mkdtempSync(join(tmpdir(), "workers-"));
  folders.push(folder);
  const file = join(folder, "server.js");
  const release = (next: Release): void => {
    writeFileSync(`${file}.new`, sourceOf(next));
    renameSync(`${file}.new`, file);
  };
  release(of);
  const command = [process.execPath, file];
  return {
    folder,
    release,
    respondToSlow: () => writeFileSync(join(folder, "respond"), ""),
    writeEnv: (text) => writeFileSync(join(folder, ".env"), text),
    start: (env = {}) =>
      asServer(startCommand(command, { PORT: "0", WEB_CONCURRENCY: "2", ...env }, folder)),
    command,
  };
}

/**
 * `GET /` responds with the version, the worker and its process, and `/slow` does once the test calls `respondToSlow`. `/never` never
 * responds, `/verbose` logs 25 lines of 2,000 characters, `/crash` throws an uncaught error, and `/block` blocks the event loop. `LIMITS` overrides supervisor options, as JSON.
 */
const sourceOf = ({ version = "1", whileLoading = "", check = "" }: Release): string => `
const compiled = (path) => require(${JSON.stringify(COMPILED)} + "/" + path);
compiled("process/early");
const cluster = require("node:cluster");
${whileLoading}
const { existsSync } = require("node:fs");
const { createServer } = require("node:http");
const { createHttpService } = compiled("port/http-service");
const { readBindTarget } = compiled("port/bind");
const { enter } = compiled("process/entry");
const { createLifecycle, REPLACED } = compiled("process/lifecycle");
const { httpVariables } = compiled("process/variables");
const { createLogger } = compiled("process/logger");
const { supervise } = compiled("process/supervisor");
const main = (config, logger) => {
  const lifecycle = createLifecycle({
    process,
    logger,
    drainDelayMs: config.DRAIN_DELAY_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });
  const { draining } = lifecycle;
  draining.addEventListener("abort", () => logger.info({ isReplaced: draining.reason === REPLACED }, "draining"));
  const server = createServer((req, res) => {
    const respond = () =>
      res.end(JSON.stringify({ version: ${JSON.stringify(version)}, pid: process.pid, worker: cluster.worker?.id }));
    if (req.url === "/slow") {
      logger.info("a slow request has come");
      const look = () => (existsSync(__dirname + "/respond") ? respond() : setTimeout(look, 20));
      return look();
    }
    if (req.url === "/verbose") for (let n = 0; n < 25; n++) logger.info("x".repeat(2000));
    if (req.url === "/never") return logger.info("a request has come");
    if (req.url === "/crash") return setImmediate(() => { throw new Error("boom"); });
    if (req.url === "/block") {
      logger.info("about to block");
      setTimeout(() => { for (;;); }, 50);
      return;
    }
    respond();
  });
  const web = createHttpService({
    name: "web",
    server,
    target: readBindTarget(config, process.env, process.pid),
  });
  const store = { check: async () => { ${check} }, isRequired: true, maxConnections: 10, close: async () => {} };
  return lifecycle.run([web], { store });
};
const { LIMITS } = process.env;
if (cluster.isPrimary && LIMITS !== undefined) {
  const logger = createLogger("info", process.stdout);
  const readSettings = () => ({ workers: 2, shutdownTimeoutMs: 8000 });
  void supervise({ process, logger, readSettings, ...JSON.parse(LIMITS) }).then((code) => process.exit(code));
} else void enter(httpVariables, main);
`;
