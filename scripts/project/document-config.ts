// Writes the configuration's documentation, the README's table and `.env.example`, from its schema.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { webVariables } from "../../src/config";
import type { Variables } from "../../src/chassis/process/environment";

const variables: Variables = webVariables;

const TABLE = /(<!-- variables, written by `npm run docs` -->\n)[^]*?(<!-- end -->)/;

/** The README with its table of variables as the schema has them. */
export function documentReadme(readme: string): string {
  const rows = Object.entries(variables).map(
    ([name, { default: value, about }]) =>
      `| \`${name}\` | ${value ? `\`${value}\`` : "required"} | ${about} |`,
  );
  const table = ["| Variable | Default | What it sets |", "| --- | --- | --- |", ...rows];
  return readme.replace(
    TABLE,
    (_all, start: string, end: string) => `${start}\n${table.join("\n")}\n\n${end}`,
  );
}

/** The whole of `.env.example`: every variable, commented out, with its default or an example. */
export function documentEnvExample(): string {
  const entries = Object.entries(variables).map(
    ([name, { default: value, example = "", about }]) =>
      `# ${about}\n# ${name}=${value ?? example}\n`,
  );
  return `# Copy to .env and set what you need; the environment itself wins over the file.\n\n${entries.join("\n")}`;
}

if (require.main === module) {
  const root = join(__dirname, "../..");
  const readme = join(root, "README.md");
  writeFileSync(readme, documentReadme(readFileSync(readme, "utf8")));
  writeFileSync(join(root, ".env.example"), documentEnvExample());
}
