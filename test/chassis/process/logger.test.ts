import { keepWorkContexts, runInWorkContext } from "../../../src/chassis/process/work-context";
import { createLogger } from "../../../src/chassis/process/logger";

keepWorkContexts();

const logged = (fields: object): unknown => {
  let line = "";
  createLogger("info", { write: (text: string) => (line = text) }).info(fields, "m");
  return JSON.parse(line);
};

describe("the logger", () => {
  it.each(["authorization", "cookie", "proxy-authorization", "set-cookie"])(
    "redacts %s",
    (header) => {
      const headers = { [header]: "secret", accept: "*/*" };
      const redacted = { [header]: "[redacted]", accept: "*/*" };
      expect(logged({ headers, req: { headers }, res: { headers } })).toMatchObject({
        headers: redacted,
        req: { headers: redacted },
        res: { headers: redacted },
      });
    },
  );

  it("prints one JSON object a line, with the level by name", () => {
    expect(logged({ a: "x\ny" })).toEqual({
      level: "info",
      time: expect.any(Number) as number,
      a: "x\ny",
      msg: "m",
    });
  });

  it("keeps what an owner does not change: secrets and the context", () => {
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

  it("gives an error its line that cannot be read", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(logged({ err: proxy })).toMatchObject({ err: "an error that cannot be read", msg: "m" });
  });

  it("leaves out the row that PostgreSQL quotes when it refuses one", () => {
    const err = Object.assign(new Error("violates a constraint"), {
      severity: "ERROR",
      code: "23502",
      detail: "Failing row contains (hunter2).",
    });
    expect(logged({ err })).toMatchObject({ err: { code: "23502", severity: "ERROR" } });
    expect(JSON.stringify(logged({ err }))).not.toContain("hunter2");
  });

  it("says which of several processes writes, beside what an owner says", () => {
    let line = "";
    const destination = { write: (text: string) => void (line = text) };
    createLogger("info", destination, {}, 3).info("m");
    expect(JSON.parse(line)).toMatchObject({ level: "info", worker: 3, msg: "m" });
    createLogger("info", destination, { base: { service: "shop" } }, 3).info("m");
    expect(JSON.parse(line)).toMatchObject({ worker: 3, service: "shop", msg: "m" });
  });
});
