// What a real Jest shows of a service's failing tests, and of those that pass.
import { createJestProject } from "../support/jest-project";

const project = createJestProject();
project.write(
  "test/app.ts",
  `import { createTestApp } from "berth/testing";

export const { app } = createTestApp((router) => {
  router.post("/tools", () => {
    throw Object.assign(new Error('column "titl" does not exist'), { code: "42703" });
  });
  router.get("/tools", (_req, res) => void res.json([]));
});
`,
);
project.write(
  "test/failing.test.ts",
  `import request from "supertest";
import { app } from "./app";

const send = () => request(app).post("/tools?token=secret").send({ title: "Saw" });

it("expects a failure", async () => expect((await send()).status).toBe(500));
it("creates", async () => expect((await send()).status).toBe(201));
it("creates, by supertest", () => send().expect(201));
it("lists", () => request(app).get("/tools").expect(201));
it("throws something", async () => {
  await send();
  throw "no error";
});
`,
);
project.write(
  "test/passing.test.ts",
  `import request from "supertest";
import { app } from "./app";
it("passes", () => request(app).post("/tools").expect(500));
`,
);

const REQUEST = `{"level":"info","msg":"request","requestId":"r1","method":"GET","path":"/x","status":500,"durationMs":12.4}`;
const FAILED = JSON.stringify({
  level: "error",
  requestId: "r1",
  err: { stack: "TypeError: no x\n    at a (/b/c.ts:1:2)", statement: "SELECT x\nFROM y" },
  msg: "request failed",
});
project.write(
  "src/main.js",
  `console.log(${JSON.stringify(`${REQUEST}\n${FAILED}`)});
setInterval(() => {}, 1e6);`,
);
project.write(
  "test/hook.test.ts",
  `import { startCommand, atEnd } from "berth/testing";

beforeAll(async () => {
  const main = startCommand([process.execPath, "src/main.js"], {});
  atEnd(() => main.stop());
  await main.line(/request failed/);
  throw new Error("not set up");
});
it("is not set up", () => undefined);
`,
);

project.write(
  "src/chatty.js",
  `console.error("a warning");
for (let i = 1; i <= 40; i++) console.log("line " + i);
setInterval(() => {}, 1e6);`,
);
project.write("src/silent.js", "setInterval(() => {}, 1e6);");
project.write(
  "test/process.test.ts",
  `import { startCommand, atEnd } from "berth/testing";

it("hangs", async () => {
  const start = (file: string) => startCommand([process.execPath, file], {});
  const [chatty, silent, ended] = [start("src/chatty.js"), start("src/silent.js"), start("absent.js")];
  atEnd(() => Promise.all([chatty.stop(), silent.stop()]));
  await ended.exit;
  await chatty.line(/line 40/);
  while (chatty.stderr() === "") await new Promise(setImmediate);
  await new Promise(() => {});
}, 5000);
`,
);

describe("a test that fails", () => {
  let code: number | null;
  let printed: string;
  let failures: Record<string, string>;
  beforeAll(async () => ({ code, printed, failures } = await project.run()));

  it("shows the errors that were logged while it ran, with their requests", () => {
    expect(code).toBe(1);
    const logged = new RegExp(
      [
        "\n\nLogged while the test ran:",
        "\\| POST /tools 500 [\\d.]+ ms",
        "\\| ERROR request failed",
        '\\|   Error: column "titl" does not exist',
        "\\|     code: 42703",
        "\\|       at test/app.ts:5:\\d+",
        "\\|       … \\d+ in packages",
        "\n",
      ].join("\n"),
    );
    const { creates, lists = "", ...others } = failures;
    expect(creates).toMatch(logged);
    expect(creates).toMatch(/Received: .*500[^]*Logged[^]*at .*failing\.test\.ts:7:/);
    expect(others["creates, by supertest"]).toMatch(/^Error: expected 201 "Created", got 500/);
    expect(others["creates, by supertest"]).toMatch(logged);
    expect(others["throws something"]).toMatch(/^no error\n/);
    expect(others["throws something"]).toMatch(logged);
    expect(others["throws something"]).toMatch(/at .*failing\.test\.ts:10:/);
    expect(lists).toContain("expected 201");
    expect(lists).not.toContain("Logged");
    expect(printed).toContain("    | POST /tools 500 ");
    expect(printed).not.toContain("secret");
  });

  it("shows nothing of a test that passes", () => {
    expect(failures).toMatchObject({ "expects a failure": "", passes: "" });
    expect(printed).toMatch(/PASS test\/passing\.test\.ts[^\n]*\n(FAIL|\n)/);
  });

  it("shows the errors that a started process has logged, also in a hook", () => {
    expect(failures["is not set up"]).toMatch(
      new RegExp(
        [
          "^Error: not set up",
          "",
          "Logged while the test ran:",
          "\\| GET /x 500 12 ms",
          "\\| ERROR request failed",
          "\\|   TypeError: no x",
          "\\|     statement: SELECT x",
          "\\|       FROM y",
          "\\|       at a \\(/b/c.ts:1:2\\)",
        ].join("\n"),
      ),
    );
  });

  it("shows what its processes have printed if it times out", () => {
    const { hangs } = failures;
    expect(hangs).toMatch(/^Exceeded timeout of 5/);
    expect(hangs).toContain(
      [
        `${process.execPath} src/chatty.js runs; the last of its 41 lines:`,
        ...Array.from({ length: 29 }, (_, index) => `| line ${index + 12}`),
        "| a warning",
        "",
        `${process.execPath} src/silent.js runs, and has printed nothing.`,
      ].join("\n"),
    );
    expect(hangs).not.toContain("absent.js runs");
    expect(hangs).toMatch(/at .*process\.test\.ts:3:/);
  });
});
