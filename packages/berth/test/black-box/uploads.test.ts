// What a process that exits leaves of its uploads.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder } from "../../src/testing/cleanup";

const BUILT = join(__dirname, "../../dist/uploads/temporary-folder.js");

describe("a process that exits during an upload", () => {
  it("leaves no files behind", () => {
    const program = `
      const { createTemporaryFolder } = require(${JSON.stringify(BUILT)});
      createTemporaryFolder(${JSON.stringify(emptyFolder())}).path().then((path) => {
        require("node:fs").writeFileSync(path + "/0", "x");
        console.log(path);
        process.exit(3);
      });
    `;
    const { status, stdout } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
    expect([status, stdout]).toEqual([3, expect.stringContaining("berth-upload-")]);
    expect(existsSync(stdout.trim())).toBe(false);
  });
});
