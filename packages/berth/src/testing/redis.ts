// Starts the `redis-server` of this machine on a free port, without persistence.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { emptyFolder } from "./cleanup";

/** A Redis server that a test can start, freeze and stop. */
export interface TestRedis {
  /** Its URL, whether or not it runs. */
  url: string;
  /**
   * Resolves once it accepts commands.
   * @param settings Additional command-line arguments.
   * @param until The log text to wait for instead.
   */
  start(settings?: string[], until?: string): Promise<void>;
  /** Freezes it (SIGSTOP): the kernel accepts connections, but nothing responds. */
  freeze(): Promise<void>;
  /** Continues after `freeze`. */
  thaw(): Promise<void>;
  /** Kills it if it runs; its data is lost. */
  stop(): Promise<void>;
}

const isInstalled = () => spawnSync("redis-server", ["--version"]).status === 0;

/** Like `describe`; skipped, with a note in the title, if Redis is not installed. */
export const describeWithRedis = (title: string, tests: () => void): void =>
  isInstalled()
    ? describe(title, tests)
    : describe.skip(`${title} (skipped: redis-server is not installed)`, tests);

/**
 * Reserves a port; the server does not run before `start`.
 * @param certificates The folder of `localhost.crt`, its key and `authority.crt`, to use TLS.
 */
export async function createTestRedis(certificates?: string): Promise<TestRedis> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), "close");

  let server: ReturnType<typeof run> | undefined;
  const stop = async () => {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  };
  const signal = (name: "SIGSTOP" | "SIGCONT") => Promise.resolve(void server?.kill(name));
  const killAtExit = () => server?.kill("SIGKILL");
  process.on("exit", killAtExit);
  return {
    url: certificates ? `rediss://localhost:${port}` : `redis://127.0.0.1:${port}`,
    async start(settings = [], until = "Ready to accept connections") {
      server = run([
        ...(certificates ? tlsSettings(certificates) : ["--port"]),
        String(port),
        ...settings,
      ]);
      for await (const line of createInterface({ input: server.stdout })) {
        if (line.includes(until)) break;
      }
      server.stdout.resume();
      if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async stop() {
      await stop();
      process.off("exit", killAtExit);
    },
  };
}

const tlsSettings = (folder: string): string[] => [
  ...["--port", "0", "--tls-auth-clients", "no"],
  ...["--tls-cert-file", join(folder, "localhost.crt")],
  ...["--tls-key-file", join(folder, "localhost.key")],
  ...["--tls-ca-cert-file", join(folder, "authority.crt"), "--tls-port"],
];

const run = (settings: string[]) =>
  spawn("redis-server", ["--bind", "127.0.0.1", "--save", "", ...settings], {
    // Redis would load a `dump.rdb` from its working directory.
    cwd: emptyFolder(),
    stdio: ["ignore", "pipe", "ignore"],
  });
