// `npm run openapi`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../../..");

describe("npm run openapi", () => {
  it("writes the document, with only PATH in its environment", () => {
    const folder = mkdtempSync(join(tmpdir(), "openapi-"));
    const file = join(folder, "openapi.json");
    try {
      const args = ["--require", "ts-node/register", "scripts/openapi.ts", file];
      execFileSync(process.execPath, args, {
        cwd: root,
        env: { PATH: process.env.PATH },
        stdio: "ignore",
      });
      const { name, version } = JSON.parse(
        readFileSync(join(root, "package.json"), "utf8"),
      ) as Record<string, string>;
      expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
        openapi: "3.1.1",
        info: { title: name, version },
        components: { schemas: { Problem: { type: "object" } } },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
