import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { startCommand, stopProcesses, untilListening } from "berth/testing";
import { testEnv } from "../../../test/support/env";

const home = mkdtempSync(join(tmpdir(), "npm-"));
afterEach(stopProcesses);
afterAll(() => rmSync(home, { recursive: true }));

const npmStart = () =>
  startCommand(["npm", "start"], {
    ...testEnv,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    npm_config_update_notifier: "false",
    PORT: "0",
    DRAIN_DELAY_MS: "500",
  });

describe("npm start", () => {
  it("drains when only npm gets SIGTERM, and does not exit before the service", async () => {
    const npm = npmStart();
    const port = await untilListening(npm);
    npm.child.kill("SIGTERM");
    expect(await once(npm.child, "exit")).toEqual([0, null]);
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
    await npm.line(/draining/);
  });
});
