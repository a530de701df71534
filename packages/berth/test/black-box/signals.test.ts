import { join } from "node:path";
import { RELEASE, WEB } from "../support/built";
import {
  fetchAlone,
  startCommand,
  startProcess,
  stopProcesses,
  untilListening,
} from "../../src/testing/process";
import { startServer } from "../support/server";
import { sendRequestInFlight, untilRefused } from "../../src/testing/raw-client";

const root = join(__dirname, "../..");
const absent = { DATABASE_URL: "postgres://127.0.0.1:1/absent" };
const signalWhileLoading = ["--require", join(root, "test/support/signal-while-loading.js")];
afterEach(stopProcesses);

describe("the web process", () => {
  it.each(["SIGHUP", "SIGUSR1", "SIGUSR2"] as const)("logs and ignores %s", async (signal) => {
    const server = await startServer(absent);
    server.child.kill(signal);
    expect(await server.line(/ignored/)).toContain(`${signal} received and ignored`);
    expect((await fetchAlone(`${server.url}/livez`)).status).toBe(200);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    // The inspector would have printed its URL there.
    expect(server.stderr()).toBe("");
  });

  it.each(["SIGTERM", "SIGINT"])("binds nothing after a %s while loading", async (SIGNAL) => {
    const { exit, lines } = startProcess(WEB, { ...absent, PORT: "0", SIGNAL }, signalWhileLoading);
    expect(await exit).toBe(0);
    expect(lines).toEqual([expect.stringContaining(`${SIGNAL} received, draining`)]);
  });

  // `script` runs a command in a terminal, which hangs up when it exits.
  (process.platform === "linux" ? it : it.skip)("drains when its terminal hangs up", async () => {
    const terminal = startCommand(
      ["script", "-q", "-c", `exec '${process.execPath}' '${WEB}'`, "/dev/null"],
      { ...absent, PORT: "0", SHELL: "/bin/sh" },
    );
    const port = await untilListening(terminal);
    const request = await sendRequestInFlight(port);
    terminal.child.kill("SIGKILL");
    await untilRefused(port);
    await request.finish();
    expect(await request.closed).toBe("end");
  });
});

describe("the release process", () => {
  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ])("exits at once on %s, with %i", async (SIGNAL, code) => {
    const { exit } = startProcess(RELEASE, { ...absent, SIGNAL }, signalWhileLoading);
    expect(await exit).toBe(code);
  });
});
