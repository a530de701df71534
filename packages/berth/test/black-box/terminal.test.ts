// What a process shows on a terminal: a pseudo-terminal of util-linux' `script`.
import { spawnSync } from "node:child_process";
import { RELEASE, WEB } from "../support/built";
import { startCommand } from "../../src/testing/process";
import { atEnd } from "../../src/testing/cleanup";

const { status, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
const describeOnTerminal = status === 0 && /util-linux/.test(stdout) ? describe : describe.skip;

const onTerminal = (env: Record<string, string>, command = `exec node ${JSON.stringify(WEB)}`) => {
  const shown = startCommand(["script", "-qec", command, "/dev/null"], {
    PORT: "0",
    DATABASE_URL: "postgres://user@127.0.0.1:1/absent",
    TERM: "xterm-256color",
    SHELL: "/bin/sh",
    ...env,
  });
  atEnd(() => shown.stop());
  return shown;
};

// eslint-disable-next-line no-control-regex -- what colours are
const COLOR = /\x1b\[\d+m/g;

describeOnTerminal("a process whose standard output is a terminal", () => {
  it("writes lines for people, in colour", async () => {
    const shown = onTerminal({});
    const listening = await shown.line(/is listening on port/);
    expect(listening).toMatch(/^\d\d:\d\d:\d\d web is listening on port \d+/);
    const port = /port (\d+)/.exec(listening)?.[1] ?? "";
    await fetch(`http://127.0.0.1:${port}/nothing?secret=1`);
    const line = await shown.line(/GET/);
    expect(line).toMatch(COLOR);
    expect(line.replaceAll(COLOR, "")).toMatch(/^\d\d:\d\d:\d\d GET \/nothing 404 [\d.]+ ms\r?$/);
  });

  it("uses no colour with NO_COLOR, and shows why it does not start", async () => {
    const DATABASE_URL = "postgres://u@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/absent";
    const shown = onTerminal(
      { NO_COLOR: "1", DATABASE_URL },
      `exec node ${JSON.stringify(RELEASE)}`,
    );
    expect(await shown.exit).toBe(1);
    const text = shown.lines.join("\n");
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d FATAL .*\/absent.*\n {2}\w+: .*\n( {4}\w+: .*\n)* {6}(at|…) /m,
    );
    expect(text).not.toMatch(COLOR);
  });

  it("writes JSON into a pipe", async () => {
    const shown = onTerminal({}, `node ${JSON.stringify(WEB)} | cat`);
    expect(JSON.parse(await shown.line(/is listening on port/))).toMatchObject({ level: "info" });
  });
});
