// The format of a formation's log, in a pipe and on a terminal.
import { Writable } from "node:stream";
import { createOutput } from "../../src/formation/output";

const pinoLine = '{"level":30,"time":1700000000000,"pid":1,"msg":"ready","port":5000}';

const TERM = "xterm-256color";

function print(isTTY: boolean, ...lines: [name: string, text: string][]): string {
  return printWith({ TERM }, isTTY, ...lines);
}

function printWith(
  env: NodeJS.ProcessEnv,
  isTTY: boolean,
  ...lines: [name: string, text: string][]
): string {
  let printed = "";
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    printed += chunk.toString();
    done();
  };
  const stream = Object.assign(new Writable({ write }), { isTTY });
  const output = createOutput(stream, ["web.1", "worker.1"], env);
  lines.forEach(([name, text]) => output.line(name, text));
  return printed;
}

describe("createOutput", () => {
  it("prefixes the time and the padded name, and does not change lines in a pipe", () => {
    expect(print(false, ["web.1", pinoLine], ["worker.1", "hello"])).toMatch(
      new RegExp(
        `^\\d\\d:\\d\\d:\\d\\d web.1    \\| ${pinoLine}\n\\d\\d:\\d\\d:\\d\\d worker.1 \\| hello\n$`,
      ),
    );
  });

  it("colours the prefix and pretty-prints pino's lines on a terminal", () => {
    const text = print(true, ["web.1", pinoLine], ["worker.1", '{"level":}'], ["web.1", "{}"]);
    const [cyan, yellow, reset] = ["\x1b[36m", "\x1b[33m", "\x1b[0m"];
    expect(text.startsWith(cyan)).toBe(true);
    expect(text).toContain(`web.1    |${reset} `);
    expect(text).toContain("ready \x1b[2mport=5000\x1b[0m\n");
    expect(text).not.toContain("1700000000000");
    expect(text).toContain(`\n${yellow}`);
    expect(text).toContain(`worker.1 |${reset} {"level":}\n`);
    expect(text).toMatch(/ \{\}\n$/);
  });

  it.each([
    [true, { TERM, NO_COLOR: "1" }, "ready port=5000"],
    [false, { NO_COLOR: "1" }, pinoLine],
  ])("uses no colour on a terminal (%j) with %j", (isTTY, env, shown) => {
    expect(printWith(env, isTTY, ["web.1", pinoLine])).toMatch(/^\d\d:\d\d:\d\d web.1 {4}\| /);
    expect(printWith(env, isTTY, ["web.1", pinoLine])).toContain(`| ${shown}\n`);
  });

  it("colours the prefix in a pipe with FORCE_COLOR, but not the line", () => {
    const text = printWith({ FORCE_COLOR: "1" }, false, ["web.1", pinoLine]);
    expect(text).toContain(`|\x1b[0m ${pinoLine}\n`);
  });

  it("shows requests as people read them", () => {
    const line = `{"level":"info","time":1,"requestId":"r","method":"GET","path":"/tools","status":200,"durationMs":33.1,"bytes":1,"msg":"request"}`;
    expect(printWith({ TERM, NO_COLOR: "1" }, true, ["web.1", line])).toContain(
      "web.1    | GET /tools 200 33 ms\n",
    );
  });

  it("prefixes each line of an error's stack on a terminal", () => {
    const line = JSON.stringify({
      level: 50,
      msg: "no",
      err: { type: "Error", stack: "Error: no\n    at a" },
    });
    const lines = print(true, ["web.1", line]).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    lines.forEach((each) => expect(each).toContain("web.1"));
  });
});
