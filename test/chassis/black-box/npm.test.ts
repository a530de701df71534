import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { startCommand, stopProcesses, untilListening } from "../support/process";
import { sendRequestInFlight, untilRefused } from "../support/raw-client";

const home = mkdtempSync(join(tmpdir(), "npm-"));
afterEach(stopProcesses);
afterAll(() => rmSync(home, { recursive: true }));

const npmStart = () =>
  startCommand(["npm", "start"], {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    npm_config_update_notifier: "false",
    DATABASE_URL: "postgres://127.0.0.1:1/absent",
    PORT: "0",
  });

describe("npm start", () => {
  it("drains when npm alone is told to end, and ends no sooner than the service", async () => {
    const npm = npmStart();
    const port = await untilListening(npm);
    const request = await sendRequestInFlight(port);
    npm.child.kill("SIGTERM");
    await untilRefused(port);
    expect(npm.child.exitCode).toBe(null);
    await request.finish();
    expect(await npm.exit).toBe(0);
  });
});
