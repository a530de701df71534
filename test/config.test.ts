import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { documentEnvExample, documentPage, processes } from "../scripts/document-config";

describe.each(processes)("%s", (_name, variables) => {
  it.each(Object.entries(variables))("%s has a default or an example that it takes", (_key, of) => {
    expect(v.is(of.schema, of.default ?? of.example)).toBe(true);
  });
});

describe("what `npm run docs` writes", () => {
  /** Table cells are padded by the formatter. */
  const unpadded = (text: string) => text.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
  const read = (file: string) => readFileSync(join(__dirname, "..", file), "utf8");

  it("has the variables as they are declared", () => {
    const page = read("docs/configuration.md");
    expect(unpadded(page)).toBe(unpadded(documentPage(page)));
    expect(read(".env.example")).toBe(documentEnvExample());
  });
});
