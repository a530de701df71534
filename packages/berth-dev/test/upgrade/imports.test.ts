import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { preProcessFile } from "typescript";

// A newer version runs it before its dependencies are installed.
it.each(["scaffold", "upgrade"])(
  "%s loads nothing that is not there before npm install",
  (name) => {
    const folder = join(__dirname, "../../src", name);
    const imported = readdirSync(folder).flatMap((file) =>
      preProcessFile(readFileSync(join(folder, file), "utf8")).importedFiles.map(
        ({ fileName }) => fileName,
      ),
    );
    expect(imported.length).toBeGreaterThan(10);
    const others = imported.filter((each) => !each.startsWith(".") && !isBuiltin(each));
    expect(new Set(others)).toEqual(
      new Set(
        others.filter((each) => ["port-contract/args", "typescript", "prettier"].includes(each)),
      ),
    );
  },
);
