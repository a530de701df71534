// The command `berth`, and the options that each of its commands has.
import { spawnSync } from "node:child_process";
import { berth } from "../../src/cli-path";

function run(command: string, ...args: string[]) {
  const [file, ...rest] = berth(command, ...args);
  const { status, stdout, stderr } = spawnSync(file, rest, { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("berth", () => {
  it("lists its commands", () => {
    expect(run("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: berth COMMAND/) as string,
    });
  });

  it("rejects an unknown command", () => {
    expect(run("relaod")).toEqual({
      status: 2,
      stdout: "",
      stderr:
        'Unknown command "relaod": expected one of new, dev, reload, db, postgres, issuer, fuzz, contract, doctor, remove, add, upgrade, eject\n',
    });
  });

  it.each(["dev", "reload", "db", "postgres", "issuer", "fuzz", "contract", "doctor"])(
    "%s has --help, and rejects an unknown option",
    (command) => {
      expect(run(command, "--help")).toMatchObject({
        status: 0,
        stdout: expect.stringContaining("--help") as string,
      });
      const { status, stderr } = run(command, "--hlep");
      expect(stderr).toContain("Unknown option '--hlep': expected one of ");
      expect(status).not.toBe(0);
    },
  );

  it("reload needs exactly one program", () => {
    expect(run("reload")).toMatchObject({
      status: 1,
      stderr: "reload: name one program: berth reload src/server.ts\n",
    });
  });
});
