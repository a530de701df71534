import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvFile } from "../../src/process/env-file";
import { ConfigError } from "../../src/process/environment";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "env-file-"));
  file = join(folder, ".env");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const asUser = process.getuid?.() === 0 ? it.skip : it;
/** The message of the thrown error, without the folder of this test. */
const refusal = (): string => {
  try {
    readEnvFile(file);
  } catch (err) {
    if (err instanceof ConfigError) return err.message.replaceAll(folder, "/app");
    throw err;
  }
  return "";
};

describe("readEnvFile", () => {
  it("returns undefined if the file does not exist", () => {
    expect(readEnvFile(file)).toBeUndefined();
  });

  it.each([
    ["plain", Buffer.from("PORT=7000\nNAME='ü'\n")],
    ["with the byte order mark of Windows editors", Buffer.from("\uFEFFPORT=7000\r\nNAME=ü\r\n")],
  ])("reads UTF-8, %s", (_, content) => {
    writeFileSync(file, content);
    expect(readEnvFile(file)).toEqual({ PORT: "7000", NAME: "ü" });
  });

  it.each([
    ["UTF-16, as PowerShell writes it", Buffer.from("\uFEFFPORT=7000\n", "utf16le"), "UTF-16"],
    ["big-endian UTF-16", Buffer.from("\uFEFFPORT=7000\n", "utf16le").swap16(), "UTF-16"],
    ["NUL bytes", Buffer.from("PORT=7000\nNAME=a\0b\n"), "a NUL byte"],
    ["Latin-1", Buffer.from("NAME=ü\n", "latin1"), "bytes that are not UTF-8"],
  ])("rejects %s", (_, content, what) => {
    writeFileSync(file, content);
    expect(refusal()).toBe(
      `/app/.env: expected UTF-8 text; it contains ${what}. Save it as UTF-8 (PowerShell: Set-Content -Encoding utf8)`,
    );
  });

  it("rejects a folder", () => {
    mkdirSync(file);
    expect(refusal()).toBe("/app/.env: cannot be read: it is a folder. Remove or rename it");
  });

  it("rejects a broken symbolic link", () => {
    symlinkSync("elsewhere/.env", file);
    expect(refusal()).toBe(
      "/app/.env: cannot be read: it is a broken symbolic link. Restore elsewhere/.env, or remove the link",
    );
  });

  it("rejects a path that the system cannot read", () => {
    symlinkSync(".env", file);
    expect(refusal()).toBe("/app/.env: cannot be read (ELOOP). Make it readable, or remove it");
  });

  it("rejects a file whose folder no longer exists", () => {
    rmSync(folder, { recursive: true });
    expect(refusal()).toBe(
      "/app/.env: cannot be read: its folder no longer exists. Start the process in a folder that is not deleted",
    );
  });

  asUser("rejects a file of another user", () => {
    writeFileSync(file, "PORT=7000\n");
    chmodSync(file, 0o000);
    expect(refusal()).toMatch(
      /^\/app\/\.env: cannot be read \(EACCES\)\. Make it readable for user \d+, which this process runs as$/,
    );
  });
});
