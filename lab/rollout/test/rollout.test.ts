import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { accessLog, createExpress, requestId } from "berth/http";
import { createLogger } from "berth/process";
import { documentPage, LINE_BYTES, PAGE } from "../documentation";
import { readParameters } from "../parameters";
import { simulate } from "../rollout";

describe("a rolling deploy", () => {
  const three = {
    instances: 3,
    surge: 1,
    unavailable: 0,
    readyAfterMs: () => 10_000,
    goneAfterMs: 20_000,
  };

  // Instances are ready at 10, 20 and 30 s; each time an old one starts to terminate, which takes 20 s. So at 20 s two
  // terminating instances run beside four others.
  it("takes the sum of the instances' starts, and the exit of the last one", () => {
    expect(simulate(three)).toEqual({ tookMs: 50_000, mostRunning: 6, leastServing: 3 });
  });

  it("takes as long as one instance when all may start at once", () => {
    expect(simulate({ ...three, surge: 3 })).toEqual({
      tookMs: 30_000,
      mostRunning: 6,
      leastServing: 3,
    });
  });

  it("serves with fewer instances when some may be unavailable", () => {
    const { leastServing, tookMs } = simulate({ ...three, surge: 0, unavailable: 1 });
    expect([leastServing, tookMs]).toEqual([2, 40_000]);
  });
});

describe("docs/deploy.md", () => {
  it("has an up-to-date table in docs/deploy.md", () => {
    const page = readFileSync(PAGE, "utf8");
    const cells = (text: string) => text.replaceAll(/ +|-+/g, " ");
    expect(cells(page)).toBe(cells(documentPage(page)));
  });

  it("uses the real length of a log line", async () => {
    let line = "";
    const logger = createLogger("info", { write: (text: string) => void (line = text) });
    const app = createExpress({ trustProxy: 1, bodyLimitBytes: 1024, logger });
    app.use(requestId, accessLog(logger));
    app.get("/orders/:id", (_req, res) => void res.json({ id: 1 }));
    const server = createServer(app).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/orders/1234`, {
      headers: { "X-Forwarded-For": "192.0.2.123" },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(Math.abs(line.length - LINE_BYTES)).toBeLessThanOrEqual(15);
  });
});

describe("docs/deploy/kubernetes.yaml", () => {
  it("uses the longest possible drain", () => {
    const { drainDelayMs, shutdownTimeoutMs, graceMs } = readParameters();
    expect(drainDelayMs).toBeLessThan(shutdownTimeoutMs);
    expect(shutdownTimeoutMs).toBeLessThan(graceMs);
  });
});
