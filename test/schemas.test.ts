import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { GenericSchema } from "valibot";
import { jsonSchemaOf } from "berth/testing";

const src = join(__dirname, "../src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => /(^|[\\/])schema\.ts$/.test(path))
  .map((path) => join(src, path));

const isSchema = (value: unknown): value is GenericSchema =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";

/** Why the schemas that a file exports cannot become JSON Schema. */
function lossesOf(path: string): string[] {
  const exported = Object.entries(jest.requireActual<Record<string, unknown>>(path));
  return exported.flatMap(([name, schema]) => {
    if (!isSchema(schema)) return [];
    try {
      jsonSchemaOf(schema);
      return [];
    } catch (err) {
      return [`${relative(src, path)}, ${name}: ${(err as Error).message}`];
    }
  });
}

describe("your schemas", () => {
  it("become JSON Schema, each with all its rules", () => {
    expect(files.flatMap(lossesOf)).toEqual([]);
  });
});
