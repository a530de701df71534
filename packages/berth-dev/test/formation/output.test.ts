// The format of a formation's log, in a pipe and on a terminal.
import { Writable } from "node:stream";
import { createOutput } from "../../src/formation/output";

const pinoLine = '{"level":30,"time":1700000000000,"pid":1,"msg":"ready","port":5000}';

function print(isTTY: boolean, ...lines: [name: string, text: string][]): string {
  let printed = "";
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    printed += chunk.toString();
    done();
  };
  const output = createOutput(Object.assign(new Writable({ write }), { isTTY }), [
    "web.1",
    "worker.1",
  ]);
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
    expect(text).toMatch(/INFO.*ready.*port.*5000/);
    expect(text).not.toContain("1700000000000");
    expect(text).toContain(`\n${yellow}`);
    expect(text).toContain(`worker.1 |${reset} {"level":}\n`);
    expect(text).toMatch(/ \{\}\n$/);
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
