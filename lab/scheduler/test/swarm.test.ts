// docs/deploy/swarm.yaml fits the service's defaults, and the router in front of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { httpVariables } from "berth/config";
import { withPorts } from "../swarm";

const settings = withPorts(12_340).replaceAll(/^ *#.*$/gm, "");

const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

describe("docs/deploy/swarm.yaml", () => {
  it("binds only the given ports", () => {
    expect(settings).toContain('PORT: "1234{{.Task.Slot}}"');
    expect(settings).not.toMatch(/\b500/);
  });

  it("gives the service its shutdown timeout before it is killed", () => {
    const graceMs = 1000 * numberIn(settings, /stop_grace_period: (\d+)s/);
    expect(graceMs).toBeGreaterThan(Number(httpVariables.SHUTDOWN_TIMEOUT_MS.default));
  });

  it("drains for longer than the router needs to notice", () => {
    const router = readFileSync(join(__dirname, "../../../docs/deploy/haproxy.cfg"), "utf8");
    const checks = numberIn(router, / fall (\d+)/);
    const everyMs = 1000 * numberIn(router, /check inter (\d+)s/);
    expect(numberIn(settings, /DRAIN_DELAY_MS: "(\d+)"/)).toBeGreaterThan(checks * everyMs);
  });
});
