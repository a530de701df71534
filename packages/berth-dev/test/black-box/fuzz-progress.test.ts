// What `berth fuzz` shows while it works: on a pseudo-terminal of util-linux' `script`, and without one.
import { spawnSync } from "node:child_process";
import { startCommand, startUpstream } from "berth/testing";
import { berth } from "../../src/cli-path";

const { status, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
const describeOnTerminal = status === 0 && /util-linux/.test(stdout) ? describe : describe.skip;

const responses = { 200: { description: "OK" }, default: { description: "A problem" } };
const DOCUMENT = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "test", version: "1" },
  paths: { "/tools": { get: { responses } }, "/loans": { get: { responses } } },
});

const startService = () =>
  startUpstream((req, res) => {
    const isDocument = req.url === "/openapi.json";
    const isKnown = req.method === "GET" && /^\/(tools|loans)$/.test(req.url ?? "");
    res.writeHead(
      isDocument || isKnown ? 200 : 404,
      isDocument ? { "Content-Type": "application/json" } : {},
    );
    res.end(isDocument ? DOCUMENT : undefined);
  });
const env = { TERM: "xterm-256color", SHELL: "/bin/sh", COLUMNS: "80" };

describeOnTerminal("berth fuzz on a terminal", () => {
  it("shows in one line what is being tried, and nothing of it at the end", async () => {
    const { url } = await startService();
    const command = berth("fuzz", "--runs", "1", url).map((each) => JSON.stringify(each));
    const shown = startCommand(["script", "-qec", command.join(" "), "/dev/null"], env);
    await shown.exit;
    // A carriage return is the end of a line here.
    const seen = shown.lines.join("\n");
    expect(seen).toMatch(
      // eslint-disable-next-line no-control-regex -- it erases the line
      /\n\x1b\[K0\/2 tried, now GET \/tools\n\x1b\[K1\/2 tried, now GET \/loans\n\x1b\[Kroute /,
    );
    expect(seen).toMatch(/2 routes, \d+ inputs/);
  });
});

describe("berth fuzz without a terminal", () => {
  it("shows only its results", async () => {
    const { url } = await startService();
    const shown = startCommand(berth("fuzz", "--runs", "1", url), env);
    await shown.exit;
    expect(shown.stderr()).toBe("");
    expect(shown.lines.join("\n")).not.toContain("tried, now");
    expect(shown.lines.join("\n")).toMatch(/2 routes, \d+ inputs/);
  });
});
