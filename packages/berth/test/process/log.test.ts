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

  it("has methods that can be passed on by themselves", () => {
    const { logger, log: lines } = createTestLogger();
    setProcessLogger(logger);
    const info: (this: void, text: string) => void = Reflect.get(log, "info");
    info("by itself");
    expect(said(lines)).toEqual([{ msg: "by itself" }]);
  });

  it("writes nothing before a process logger is set", () => {
    jest.isolateModules(() => {
      const written = jest.spyOn(process.stdout, "write");
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a module of its own
      const fresh = require("../../src/process/log") as { log: Logger };
      fresh.log.fatal("not logged");
      fresh.log.child({ a: 1 }).error("nor here");
      expect(fresh.log.isLevelEnabled("fatal")).toBe(false);
      expect(written).not.toHaveBeenCalled();
      written.mockRestore();
    });
  });

  it("writes to the context's logger, with its current fields", async () => {
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

  it("keeps interleaved contexts apart", async () => {
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

  it("delegates from children, and theirs, that were created earlier", () => {
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

  it("has the level of the logger that it writes to, which it can also set", () => {
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

describe("work contexts", () => {
  it("are kept only on demand, because they cost time in every request", () => {
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a module instance of its own
      const fresh = require("../../src/process/work-context") as typeof logContext;
      const context = { logger: createTestLogger().logger, fields: () => ({ requestId: "r1" }) };
      const fields = (): object => {
        let found = {};
        fresh.runInWorkContext(context, () => (found = fresh.contextFields()));
        return found;
      };
      expect(fields()).toEqual({});
      // They are free since Node 24.
      fresh.keepWorkContextsIfFree();
      const isFree = Number(process.versions.node.split(".")[0]) >= 24;
      expect(fields()).toEqual(isFree ? { requestId: "r1" } : {});
      fresh.keepWorkContexts();
      expect(fields()).toEqual({ requestId: "r1" });
    });
  });
});
