// The servers of the README have the results that it states.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contract } from "../support";

const readme = readFileSync(join(__dirname, "../../README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "readme-"));
chmodSync(folder, 0o755); // B8 runs them as another user.
afterAll(() => rmSync(folder, { recursive: true }));

/** The rows of the table of servers. */
const servers = [
  ...readme.matchAll(/^\| \w+: `(\S+)` +\| `(.+?)` +\|(.+)\|(.+)\| (\d) +\|$/gm),
].map(
  ([, file = "", command = "", musts = "", shoulds = "", code = ""]) =>
    ({ file, command, musts: ids(musts), shoulds: ids(shoulds), code: Number(code) }) as const,
);

function ids(cell: string): string[] {
  return cell.match(/[A-Z]\d+/g) ?? [];
}

function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}

interface Report {
  clauses: { id: string; level: string; status: string }[];
}

it("shows servers in three languages", () => expect(servers).toHaveLength(3));

describe.each(servers)("$file of the README", ({ file, command, musts, shoulds, code }) => {
  const program = /^exec (\w+)/.exec(command)?.[1] ?? "";
  // Skipped, and shown as such, where the language is missing.
  (isInstalled(program) ? it : it.skip)(
    `has the results that the README states (needs ${program})`,
    async () => {
      const text = new RegExp(`^\`\`\`\\w+\\n((?:#|//) ${file}\\n[^]*?)^\`\`\`$`, "m").exec(readme);
      expect(text).not.toBeNull();
      writeFileSync(join(folder, file), text?.[1] ?? "");
      const options = ["--json", "--slow-path", "/slow", "--jobs", "8"];
      const { code: exitCode, stdout } = await contract([...options, "--", command], folder);
      const { clauses } = JSON.parse(stdout) as Report;
      const failed = clauses.filter(({ status }) => status === "fail");
      const of = (isMust: boolean) =>
        failed.filter(({ level }) => (level === "MUST") === isMust).map(({ id }) => id);
      // What was seen is only for whoever reads that this test failed.
      expect({ musts: of(true), shoulds: of(false), code: exitCode, failed }).toEqual({
        ...{ musts, shoulds, code },
        failed: expect.anything() as unknown,
      });
    },
    300_000,
  );
});
