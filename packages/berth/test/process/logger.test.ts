import { EventEmitter } from "node:events";
import { keepWorkContexts, runInWorkContext } from "../../src/process/work-context";
import { createLogger, type LoggingOptions } from "../../src/process/logger";

keepWorkContexts();

const logged = (fields: object): unknown => {
  let line = "";
  createLogger("info", { write: (text: string) => (line = text) }).info(fields, "m");
  return JSON.parse(line);
};

describe("createLogger", () => {
  it.each(["authorization", "Cookie", "Proxy-Authorization", "set-cookie", "X-Api-Key"])(
    "redacts %s in any value, and omits it from requests and responses",
    (header) => {
      const headers = { [header]: "secret", "Content-Type": "text/plain" };
      const censored = { [header]: "[redacted]", "Content-Type": "text/plain" };
      const shown = { headers: { "Content-Type": "text/plain" } };
      expect(logged({ headers, deep: [{ headers }], req: { headers }, res: { headers } })).toEqual({
        level: "info",
        time: expect.any(Number) as number,
        headers: censored,
        deep: [{ headers: censored }],
        req: shown,
        res: shown,
        msg: "m",
      });
    },
  );

  it("prints one JSON object per line, with the name of the level", () => {
    expect(logged({ a: "x\ny" })).toEqual({
      level: "info",
      time: expect.any(Number) as number,
      a: "x\ny",
      msg: "m",
    });
  });

  it("keeps redaction and context fields with an owner's options", () => {
    const options = {
      redact: ["customer.email"],
      serializers: { order: () => "an order" },
      mixin: () => ({ region: "north" }),
    };
    let line = "";
    const destination = { write: (text: string) => void (line = text) };
    const logger = createLogger("info", destination, options);
    runInWorkContext({ logger, fields: () => ({ requestId: "r1" }) }, () =>
      logger.info({
        customer: { email: "a@b.c", id: 7 },
        headers: { cookie: "secret" },
        order: {},
      }),
    );
    expect(JSON.parse(line)).toEqual({
      level: "info",
      time: expect.any(Number) as number,
      requestId: "r1",
      region: "north",
      customer: { email: "[redacted]", id: 7 },
      headers: { cookie: "[redacted]" },
      order: "an order",
    });
  });

  it("logs an error whose properties throw", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(logged({ err: proxy })).toMatchObject({ err: "[unreadable error]", msg: "m" });
  });

  it("logs the listed fields of an error, and those that the owner has named", () => {
    class OrderError extends Error {
      readonly orderId = 7;
      readonly card = "hunter2";
    }
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED", token: "hunter2" });
    const failure = Object.assign(new OrderError("no", { cause }), { status: 502, syscall: {} });
    const err = new AggregateError([failure], "all");
    let line = "";
    const destination = { write: (text: string) => void (line = text) };
    createLogger("info", destination, { errorFields: ["orderId"] }).info({ err, failure }, "m");
    const shown = {
      type: "OrderError",
      name: "Error",
      message: "no: refused",
      stack: expect.stringMatching(/^Error: no\n[^]+\ncaused by: Error: refused\n/) as string,
      status: 502,
      orderId: 7,
    };
    expect(JSON.parse(line)).toMatchObject({
      err: { type: "AggregateError", message: "all", aggregateErrors: [shown] },
      failure: shown,
    });
    expect(line).not.toContain("hunter2");
  });

  it("redacts credentials in messages, stacks and any URL", () => {
    const url = "postgres://ann:hunter2@db/app";
    const err = new Error(`GET https://host/x?token=hunter2 with ${url}`);
    expect(JSON.stringify(logged({ err, url, urls: [{ url }] }))).not.toContain("hunter2");
    expect(logged({ url, page: "https://host/?q=tea" })).toMatchObject({
      url: "postgres://[redacted]@db/app",
      page: "https://host/?q=tea",
    });
  });

  it("redacts credentials in each argument of a message", () => {
    const lines: string[] = [];
    const logger = createLogger("info", { write: (line: string) => void lines.push(line) });
    logger.info("%s, then %s, then %o", "https://u:hunter2@a/", new Error("u:hunter2@b"), {
      authorization: "Bearer hunter2",
      url: "redis://u:hunter2@c/",
    });
    expect(lines.join()).toContain("https://[redacted]@a/");
    expect(lines.join()).not.toContain("hunter2@a");
    expect(lines.join()).not.toContain("hunter2@c");
    expect(JSON.parse(lines[0]!)).toMatchObject({
      msg: expect.stringContaining('{"authorization":"[redacted]"') as string,
    });
  });

  it("logs the fields of an error of PostgreSQL, without its detail", () => {
    const fields = {
      ...{ code: "23505", severity: "ERROR", schema: "public", table: "ships", column: "name" },
      ...{ constraint: "ships_key", dataType: "text", position: "7", routine: "check" },
    };
    const err = Object.assign(new Error("duplicate key"), fields, {
      detail: "Key (name)=(secret)",
    });
    const { err: shown } = logged({ err }) as { err: object };
    expect(shown).toMatchObject(fields);
    expect(shown).not.toHaveProperty("detail");
  });

  it("logs any value as JSON", () => {
    const circular: Record<string, unknown> = { at: new Date(0), gone: undefined, run: () => 1 };
    circular.self = circular;
    const deep = JSON.parse(`${'{"a":'.repeat(50)}1${"}".repeat(50)}`) as object;
    const unreadable = Object.defineProperty({}, "x", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    const values = {
      circular,
      deep,
      unreadable,
      emitter: new EventEmitter(),
      none: null,
      yes: true,
    };
    expect(logged(values)).toMatchObject({
      circular: { at: "1970-01-01T00:00:00.000Z", self: "[left out]" },
      unreadable: "[unreadable value]",
      emitter: "[EventEmitter]",
      none: null,
      yes: true,
    });
    expect(JSON.stringify(logged({ deep }))).toContain('{"a":"[left out]"}');
  });

  it("leaves fields to their serializers, also in child loggers", () => {
    let line = "";
    const destination = { write: (text: string) => void (line = text) };
    const serializers = { failure: (err: Error) => `the failure ${err.message}` };
    const child = createLogger("info", destination).child({}, { serializers });
    child.info({ failure: new Error("x") });
    expect(JSON.parse(line)).toMatchObject({ failure: "the failure x" });
    child.child({ failure: new Error("y") }).info("m");
    expect(JSON.parse(line)).toMatchObject({ failure: "the failure y" });
  });

  it("calls the owner's hook first, and redacts what it passes on", () => {
    let line = "";
    const destination = { write: (text: string) => void (line = text) };
    const hooks: LoggingOptions["hooks"] = {
      logMethod(args, method) {
        Reflect.apply(method, this, [{ first: args[0] }, "hooked"]);
      },
    };
    createLogger("info", destination, { hooks }).info({ cookie: "secret" });
    expect(JSON.parse(line)).toMatchObject({ first: { cookie: "[redacted]" }, msg: "hooked" });
  });

  it("omits the row that PostgreSQL quotes in a constraint violation", () => {
    const err = Object.assign(new Error("violates a constraint"), {
      severity: "ERROR",
      code: "23502",
      detail: "Failing row contains (hunter2).",
    });
    expect(logged({ err })).toMatchObject({ err: { code: "23502", severity: "ERROR" } });
    expect(JSON.stringify(logged({ err }))).not.toContain("hunter2");
  });

  it("adds the worker's id to the owner's base fields", () => {
    let line = "";
    const destination = { write: (text: string) => void (line = text) };
    createLogger("info", destination, {}, 3).info("m");
    expect(JSON.parse(line)).toMatchObject({ level: "info", worker: 3, msg: "m" });
    createLogger("info", destination, { base: { service: "shop" } }, 3).info("m");
    expect(JSON.parse(line)).toMatchObject({ worker: 3, service: "shop", msg: "m" });
  });
});
