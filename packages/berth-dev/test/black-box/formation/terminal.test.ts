// The runner on a terminal: a pseudo-terminal of util-linux' `script`.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd, emptyFolder, startCommand } from "berth/testing";
import { freePort } from "port-contract/ports";
import { berth } from "../../../src/cli-path";

const { status, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
const describeOnTerminal = status === 0 && /util-linux/.test(stdout) ? describe : describe.skip;

const WEB = `
const { createServer } = require("node:http");
const log = (fields) => console.log(JSON.stringify({ level: "info", time: Date.now(), ...fields }));
createServer((req, res) => {
  res.writeHead(req.url === "/docs" ? 200 : 404).end();
  log({ method: req.method, path: req.url, status: res.statusCode, durationMs: 33.1, msg: "request" });
}).listen(process.env.PORT, () => log({ msg: "web is listening on port " + process.env.PORT }));
`;

/** Starts the runner with this server; resolves with its first port. */
async function start(env: Record<string, string>, pipe = "") {
  const base = await freePort(201);
  const folder = join(emptyFolder(), String(base));
  mkdirSync(folder);
  writeFileSync(join(folder, "Procfile"), "web: exec node web.js\n");
  writeFileSync(join(folder, "web.js"), WEB);
  const command = [...berth("dev"), "-p", String(base)].map((each) => JSON.stringify(each));
  const shown = startCommand(
    ["script", "-qec", `${command.join(" ")}${pipe}`, "/dev/null"],
    { TERM: "xterm-256color", SHELL: "/bin/sh", TMPDIR: folder, ...env },
    folder,
  );
  // The terminal is closed, which the runner takes for a stop.
  atEnd(() => shown.stop());
  return { base, shown };
}

describeOnTerminal("berth dev on a terminal", () => {
  it("says where everything is, and shows requests for people, in colour", async () => {
    const { base, shown } = await start({});
    await shown.line(/everything is up:/);
    expect(await shown.line(/docs at/)).toContain(
      ` web.1 http://localhost:${base}, docs at http://localhost:${base}/docs`,
    );
    await fetch(`http://127.0.0.1:${base}/tools`);
    const line = await shown.line(/GET/);
    expect(line).toContain("\x1b[36m");
    expect(line).toContain("GET /tools \x1b[33m404\x1b[0m 33 ms");
  });

  it("uses no colour with NO_COLOR", async () => {
    const { shown } = await start({ NO_COLOR: "1" });
    expect(await shown.line(/HEAD/)).toMatch(/web\.1 +\| HEAD \/docs 200 33 ms/);
    await shown.line(/docs at/);
    expect(shown.lines.join("\n")).not.toContain("\x1b");
  });

  it("writes JSON without colour into a pipe", async () => {
    const { shown } = await start({}, " | cat");
    expect(await shown.line(/HEAD/)).toMatch(/web\.1 +\| \{"level":"info",.*"path":"\/docs"/);
    await shown.line(/docs at/);
    expect(shown.lines.join("\n")).not.toContain("\x1b");
  });
});
