// Writes the table in docs/configuration.md and `.env.example` from `src/config.ts`: npm run docs.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mayBeUnset, type Variable, type Variables } from "berth/config";
import * as config from "../src/config";

const TABLE = /(<!-- variables, written by `npm run docs` -->\n)[^]*?(<!-- end -->)/;

/** The variables of each process: every export of the configuration whose name ends in `Variables`. */
export const processes: [string, Variables][] = Object.entries<unknown>(config)
  .filter(([name]) => name.endsWith("Variables"))
  .map(([name, of]) => [name, of as Variables]);

/** All variables, each once. */
const variables = Object.entries(
  Object.assign({}, ...processes.map(([, of]) => of)) as Record<string, Variable>,
);

/** Updates the table of variables in the page. */
export function documentPage(page: string): string {
  const rows = variables.map(([name, of]) => `| \`${name}\` | ${defaultOf(of)} | ${of.about} |`);
  const table = ["| Variable | Default | What it sets |", "| --- | --- | --- |", ...rows];
  return page.replace(
    TABLE,
    (_all, start: string, end: string) => `${start}\n${table.join("\n")}\n\n${end}`,
  );
}

function defaultOf(of: Variable): string {
  if (of.default !== undefined) return `\`${of.default}\``;
  return mayBeUnset(of) ? "unset" : "required";
}

/** Returns `.env.example`: every variable, commented out, with its default or an example. */
export function documentEnvExample(): string {
  const entries = variables.map(
    ([name, { default: value, example = "", about }]) =>
      `# ${about}\n# ${name}=${value ?? example}\n`,
  );
  return `# Copy to .env and set what you need; the environment itself wins over the file.\n\n${entries.join("\n")}`;
}

if (require.main === module) {
  const root = join(__dirname, "..");
  const page = join(root, "docs/configuration.md");
  writeFileSync(page, documentPage(readFileSync(page, "utf8")));
  writeFileSync(join(root, ".env.example"), documentEnvExample());
}
