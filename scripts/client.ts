// Writes types for a client of your described routes, without starting the service: npm run client [-- FILE].
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { factory } from "typescript";
import { describeService } from "./openapi";

const HEADER = "// The requests and responses of the service, written by `npm run client`.\n\n";

const USAGE = "npm run client -- [FILE] takes only the file to write (default: api.d.ts)";

/** Returns the types of an OpenAPI document, for `openapi-fetch`. @throws Error when the document is invalid. */
export async function clientTypes(document: object): Promise<string> {
  const types = await openapiTS(document as OpenAPI3, {
    // A client may omit a field that has a default.
    defaultNonNullable: false,
    silent: true,
    // A file in a form.
    transform: ({ format }) =>
      format === "binary" ? factory.createTypeReferenceNode("Blob") : undefined,
  });
  return HEADER + astToString(types);
}

/** Formats the types with the Prettier configuration that applies to the file. */
async function formatFor(file: string, types: string): Promise<string> {
  // Jest cannot load Prettier at the top of the file.
  const { format, resolveConfig } = await import("prettier");
  const style = await resolveConfig(file);
  // Types need no plugins, which may not be installed here.
  return format(types, { ...style, plugins: [], parser: "typescript" });
}

async function main(args: string[]): Promise<void> {
  try {
    const [file = "api.d.ts", ...others] = args;
    if (file.startsWith("-") || others.length > 0) throw new Error(USAGE);
    const { document, undescribed } = describeService();
    writeFileSync(file, await formatFor(file, await clientTypes(document)));
    process.stderr.write(`Wrote ${relative("", file)}\n`);
    if (undescribed.length > 0) process.stderr.write(`Not described: ${undescribed.join(", ")}\n`);
  } catch (err) {
    process.stderr.write(`${(err as Error).message}\n`);
    process.exitCode = 1;
  }
}

if (require.main === module) void main(process.argv.slice(2));
