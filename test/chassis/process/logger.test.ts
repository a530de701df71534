import { createLogger } from "../../../src/chassis/process/logger";

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
});
