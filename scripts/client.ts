// Writes the types of a client of the web process' described routes, without starting it: npm run client [-- FILE].
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { describeService } from "./openapi";

const HEADER =
  "// What the service can be asked, and what it answers; `npm run client` has written it.\n\n";

const USAGE =
  "npm run client -- FILE takes the file to write and nothing else, api.d.ts by default";

/** The types of an OpenAPI document, as `openapi-fetch` takes them. @throws Error when it is none. */
export async function clientTypes(document: object): Promise<string> {
  // A field that has a default need not be sent.
  const types = await openapiTS(document as OpenAPI3, { defaultNonNullable: false, silent: true });
  return HEADER + astToString(types);
}

/** The types in the style of whoever has the file. */
async function formatFor(file: string, types: string): Promise<string> {
  // Jest cannot load it.
  const { format, resolveConfig } = await import("prettier");
  const style = await resolveConfig(file);
  // Plugins are installed there, if anywhere, and types need none.
  return format(types, { ...style, plugins: [], parser: "typescript" });
}

async function main(args: string[]): Promise<void> {
  try {
    const [file = "api.d.ts", ...others] = args;
    if (file.startsWith("-") || others.length > 0) throw new Error(USAGE);
    const { document, undescribed } = describeService();
    writeFileSync(file, await formatFor(file, await clientTypes(document)));
    process.stderr.write(`${relative("", file)} is written.\n`);
    if (undescribed.length > 0) process.stderr.write(`Not described: ${undescribed.join(", ")}\n`);
  } catch (err) {
    process.stderr.write(`${(err as Error).message}\n`);
    process.exitCode = 1;
  }
}

if (require.main === module) void main(process.argv.slice(2));
