import type { Logger } from "pino";
import { log } from "../../src/process/log";
import type * as logContext from "../../src/process/work-context";
import { runInWorkContext, setProcessLogger } from "../../src/process/work-context";
import { createLogger } from "../../src/process/logger";
import { createTestLogger, type LogLine } from "../../src/testing/app";

const said = (lines: LogLine[]) => lines.map(({ level: _level, time: _time, ...rest }) => rest);

describe("log", () => {
  afterEach(() => setProcessLogger(createLogger("silent", process.stdout)));

  it("writes to the process' logger outside of a context, without fields", () => {
    const { logger, log: lines } = createTestLogger();
    setProcessLogger(logger);
    log.info({ orderId: 7 }, "ordered %s", "tea");
    log.warn("low");
    expect(said(lines)).toEqual([{ orderId: 7, msg: "ordered tea" }, { msg: "low" }]);
    expect(lines.map(({ level }) => level)).toEqual(["info", "warn"]);
  });

  it("says nothing as long as no process has set a logger", () => {
    jest.isolateModules(() => {
      const written = jest.spyOn(process.stdout, "write");
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a module of its own
      const fresh = require("../../src/process/log") as { log: Logger };
      fresh.log.fatal("nobody listens");
      fresh.log.child({ a: 1 }).error("nor here");
      expect(fresh.log.isLevelEnabled("fatal")).toBe(false);
      expect(written).not.toHaveBeenCalled();
      written.mockRestore();
    });
  });

  it("writes to the context's logger, with its fields as they are when the line is written", async () => {
    const { logger, log: lines } = createTestLogger();
    const context = { logger, step: 1, fields: () => ({ step: context.step }) };
    await new Promise<void>((resolve) => {
      runInWorkContext(context, () => {
        log.info("first");
        setTimeout(() => {
          context.step = 2;
          log.info({ own: true }, "second");
          resolve();
        }, 1);
      });
    });
    log.info("outside");
    expect(said(lines)).toEqual([
      { step: 1, msg: "first" },
      { step: 2, own: true, msg: "second" },
    ]);
  });

  it("keeps contexts apart that take turns", async () => {
    const { logger: oneLogger, log: one } = createTestLogger();
    const { logger: otherLogger, log: other } = createTestLogger();
    const work = (logger: Logger, name: string) =>
      new Promise<void>((resolve, reject) => {
        runInWorkContext({ logger, fields: () => ({ name }) }, () => {
          const steps = async () => {
            for (let step = 0; step < 3; step++) {
              log.info({ step }, "at");
              await new Promise((next) => setImmediate(next));
            }
          };
          steps().then(resolve, reject);
        });
      });
    await Promise.all([work(oneLogger, "one"), work(otherLogger, "other")]);
    const steps = (name: string) => [0, 1, 2].map((step) => ({ name, step, msg: "at" }));
    expect([said(one), said(other)]).toEqual([steps("one"), steps("other")]);
  });

  it("lets children that were made early follow it, and theirs", () => {
    const early = log.child({ room: "orders" });
    const grandchild = early.child({ shelf: 3 }, { level: "warn" });
    const { logger, log: lines } = createTestLogger();
    early.info("before there is a logger");
    setProcessLogger(logger);
    early.info("outside");
    const { logger: appLogger, log: appLines } = createTestLogger();
    runInWorkContext({ logger: appLogger, fields: () => ({ requestId: "r1" }) }, () => {
      early.info("inside");
      grandchild.info("too little");
      grandchild.warn("enough");
    });
    expect(said(lines)).toEqual([{ room: "orders", msg: "outside" }]);
    expect(said(appLines)).toEqual([
      { room: "orders", requestId: "r1", msg: "inside" },
      { room: "orders", shelf: 3, requestId: "r1", msg: "enough" },
    ]);
  });

  it("has the level of where it writes, also when that is set through it", () => {
    const { logger, log: lines } = createTestLogger();
    setProcessLogger(logger);
    log.debug("no");
    expect([log.level, log.isLevelEnabled("debug")]).toEqual(["info", false]);
    log.level = "debug";
    log.debug("yes");
    expect(logger.level).toBe("debug");
    expect(said(lines)).toEqual([{ msg: "yes" }]);
  });
});

describe("the context of lines", () => {
  it("is kept only once somebody wants it, as that costs every request", () => {
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a module that nobody else has loaded
      const fresh = require("../../src/process/work-context") as typeof logContext;
      const context = { logger: createTestLogger().logger, fields: () => ({ requestId: "r1" }) };
      const fields = (): object => {
        let found = {};
        fresh.runInWorkContext(context, () => (found = fresh.contextFields()));
        return found;
      };
      expect(fields()).toEqual({});
      // Node has had them for free since 24.
      fresh.keepWorkContextsIfFree();
      const isFree = Number(process.versions.node.split(".")[0]) >= 24;
      expect(fields()).toEqual(isFree ? { requestId: "r1" } : {});
      fresh.keepWorkContexts();
      expect(fields()).toEqual({ requestId: "r1" });
    });
  });
});
