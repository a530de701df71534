import { join } from "node:path";
import { hasColors, parseLogLine, readableLines } from "../../src/process/readable-line";

const access = {
  ...{ level: "info", time: 1, requestId: "r1", route: "/tools/:id", method: "GET" },
  ...{ path: "/tools/7", status: 200, durationMs: 33.065, bytes: 865, client: "::1" },
  msg: "request",
};

describe("readableLines", () => {
  it.each([
    [access, "GET /tools/7 200 33 ms"],
    [{ ...access, durationMs: 0.44 }, "GET /tools/7 200 0.4 ms"],
    [{ ...access, durationMs: 9.96 }, "GET /tools/7 200 10 ms"],
    [
      { ...access, status: 499, aborted: true, worker: 2 },
      "worker 2 GET /tools/7 499 33 ms client disconnected",
    ],
    [{ level: "info", time: 1, port: 5000, msg: "web is ready" }, "web is ready port=5000"],
    [{ level: 30, pid: 1, hostname: "a", msg: "ready" }, "ready"],
    [{ level: 20, msg: "SQL", ms: [1, { a: 2 }] }, 'DEBUG SQL ms=[1,{"a":2}]'],
    [{ level: "warn", msg: "two\nlines", requestId: "r1" }, "WARN two\nlines"],
    [{ level: "fatal" }, "FATAL "],
    // Not by the access log: a line of one's own.
    [{ level: "info", method: "GET", msg: "request" }, "request method=GET"],
  ])("shows %j as %j", (line, shown) => {
    expect(readableLines(line).join("\n")).toBe(shown);
  });

  it("shows an error with its fields above its stack, and only counts frames of packages", () => {
    const stack = [
      'DatabaseError: column "titl" does not exist',
      "    at parse (/app/node_modules/pg-protocol/dist/parser.js:1:2)",
      `    at create (${join(process.cwd(), "src/store.ts")}:3:4)`,
      "    at node:internal/process/task_queues:95:5",
      `    at query (${join(__dirname, "../../src/postgres/database.ts")}:5:6)`,
      "caused by: Error: why",
      "    at main (/elsewhere/main.js:7:8)",
    ].join("\n");
    const err = { type: "DatabaseError", message: "?", stack, code: "42703", statement: "A\nB" };
    expect(readableLines({ level: "error", msg: "request failed", err, table: "t" })).toEqual([
      "ERROR request failed table=t",
      '  DatabaseError: column "titl" does not exist',
      "    code: 42703",
      "    statement: A",
      "      B",
      "      … 1 in packages",
      "      at create (src/store.ts:3:4)",
      "      … 2 in packages",
      "  caused by: Error: why",
      "      at main (/elsewhere/main.js:7:8)",
    ]);
  });

  it("shows a statement once", () => {
    const stack = "error: no\n    1 | SELECT a\n      |        ^\n    at a (/b.ts:1:2)";
    const err = { stack, name: "error", severity: "ERROR", position: "8", statement: "SELECT a" };
    expect(readableLines({ level: "error", msg: "m", err })).toEqual([
      "ERROR m",
      ...stack.split("\n").map((line) => `  ${line}`),
    ]);
  });

  it("shows all frames if none is yours, and an error without a stack", () => {
    const at = "    at a (/app/node_modules/a/index.js:1:2)";
    expect(readableLines({ level: "error", err: { stack: `Error: a\n${at}` } })).toEqual([
      "ERROR ",
      "  Error: a",
      `  ${at}`,
    ]);
    expect(readableLines({ level: "error", msg: "m", err: { type: "E", message: "no" } })).toEqual([
      "ERROR m",
      "  E: no",
    ]);
  });

  it("colours the level, the status and what matters less", () => {
    expect(readableLines(access, true)).toEqual(["GET /tools/7 \x1b[32m200\x1b[0m 33 ms"]);
    expect(readableLines({ ...access, status: 503 }, true)[0]).toContain("\x1b[31m503\x1b[0m");
    expect(readableLines({ level: "error", msg: "m", a: 1 }, true)).toEqual([
      "\x1b[31mERROR\x1b[0m m \x1b[2ma=1\x1b[0m",
    ]);
  });

  it("lets nothing that was sent control the terminal", () => {
    const evil = "\x1b]0;title\x07\x9b2J\r\b";
    const shown = [
      ...readableLines({ ...access, path: `/${evil}` }, true),
      ...readableLines({ level: "error", msg: evil, a: evil, err: { stack: `E: ${evil}` } }, true),
    ].join("\n");
    // eslint-disable-next-line no-control-regex -- what must not be there, besides colours
    expect(shown.replaceAll(/\x1b\[\d+m/g, "")).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
    expect(shown).toContain("/\\x1b]0;title\\x07\\x9b2J\\x0d\\x08");
  });
});

describe("parseLogLine", () => {
  it.each(["", "text", '{"a":1}', '{"level":', '{"level":1} trailing', '[{"level":1}]'])(
    "takes %j for other output",
    (text) => expect(parseLogLine(text)).toBeUndefined(),
  );
});

describe("hasColors", () => {
  const TERM = "xterm-256color";
  it.each([
    [true, { TERM }, true],
    [false, { TERM }, false],
    [true, { TERM, NO_COLOR: "1" }, false],
    [true, { TERM, NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { TERM, FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "" }, true],
    [true, { TERM, FORCE_COLOR: "0" }, false],
  ])("on a terminal: %j, with %j: %j", (isTerminal, env, expected) => {
    expect(hasColors(isTerminal, env)).toBe(expected);
  });
});
