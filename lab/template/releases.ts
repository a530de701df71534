// Invents later versions of Berth, for tests of upgrades: made of the packed packages, so that nothing is stored.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PACKAGE_NAMES } from "berth-dev/scaffold";

/** A version in the making: unpacked packages, and the template's files. */
interface Draft {
  /** Changes a file of a package. */
  edit: (file: string, from: string | RegExp, to: string) => void;
  template: Map<string, string>;
  /** Changes a file of the template. */
  editTemplate: (file: string, from: string | RegExp, to: string) => void;
}

type Release = readonly [version: string, changes: (draft: Draft) => void];

/** Breaking: an export has another name, in the packages and in the template, and a codemod carries it. */
const RENAMED: Release = [
  "0.3.0",
  ({ edit, template, editTemplate }) => {
    edit("berth/dist/exports/http.js", '(exports, "Problem"', '(exports, "HttpProblem"');
    edit("berth/dist/exports/http.d.ts", /\bProblem\b/, "Problem as HttpProblem");
    edit("berth/src/exports/http.ts", /\bProblem\b/, "Problem as HttpProblem");
    edit(
      "berth/CHANGELOG.md",
      "# Changelog\n",
      "# Changelog\n\n## 0.3.0\n\n- `Problem` is `HttpProblem`.\n",
    );
    edit(
      "berth-dev/dist/upgrade/codemods.js",
      "exports.CODEMODS = [];",
      `exports.CODEMODS = [{
        version: "0.3.0",
        about: "Problem of berth/http is HttpProblem",
        change: (sources) => require("./rename-exports").renamedExports("berth/http", { Problem: "HttpProblem" })(sources),
      }];`,
    );
    for (const [file, text] of template) {
      if (/\.(ts|md)$/.test(file) && /[{,] Problem\b[^}]*\} from "berth\/http"/.test(text))
        editTemplate(file, /\bProblem\b/g, "HttpProblem");
    }
  },
];

/** The template changes: lines, a moved file, a new one beside the sample's, a removed one. */
const MOVED: Release = [
  "0.4.0",
  ({ template, editTemplate }) => {
    editTemplate(
      "src/app.ts",
      "  mountRoutes(app);\n",
      "  // What features there are.\n  mountRoutes(app);\n",
    );
    editTemplate(
      "src/features/feed/xml.ts",
      /$(?![^])/,
      '\n/** The media type. */\nexport const ATOM = "application/atom+xml";\n',
    );
    editTemplate(
      "src/features/notes/store.ts",
      /$(?![^])/,
      '\n/** What the table is called. */\nexport const TABLE = "notes";\n',
    );
    template.set(
      "src/features/notes/limits.ts",
      "/** How many notes a page has. */\nexport const PAGE = 20;\n",
    );
    template.set("test/support/environment.ts", template.get("test/support/env.ts") ?? "");
    template.delete("test/support/env.ts");
    const importing = /(?<=from "(?:\.\.?\/)*(?:support\/)?)env"/g;
    for (const [file, text] of [...template]) {
      if (file.startsWith("test/") && text.search(importing) >= 0)
        editTemplate(file, importing, 'environment"');
    }
    template.delete("docs/deploy/nginx.conf");
  },
];

/** The packages' version numbers reach the next major: a dependency is raised, and there is a variable more. */
const RAISED: Release = [
  "1.0.0",
  ({ editTemplate }) => {
    editTemplate("package.json", '"pino": "^10.4.0"', '"pino": "~10.4.0"');
    editTemplate(
      "src/config.ts",
      "export const webVariables = {\n",
      'export const webVariables = {\n  MOTTO: variable({ schema: nonEmpty(), default: "Ahoy", about: "What visitors read." }),\n',
    );
    editTemplate("src/config.ts", "  httpVariables,\n", "  httpVariables,\n  nonEmpty,\n");
    editTemplate("src/config.ts", "  serviceUrl,\n", "  serviceUrl,\n  variable,\n");
  },
];

/** Packs three versions after the given one into a folder. @param tarballs A folder with the packages' tarballs. */
export function inventReleases(tarballs: string, version: string, to: string): string[] {
  mkdirSync(to, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "releases-"));
  try {
    for (const name of PACKAGE_NAMES) {
      mkdirSync(join(work, name));
      const args = ["-xzf", join(tarballs, `${name}-${version}.tgz`), "-C", join(work, name)];
      execFileSync("tar", [...args, "--strip-components", "1"]);
    }
    let current = version;
    for (const release of [RENAMED, MOVED, RAISED]) current = invent(work, current, release, to);
  } finally {
    rmSync(work, { recursive: true });
  }
  return [RENAMED[0], MOVED[0], RAISED[0]];
}

interface PackedTemplate {
  versions: Record<string, string>;
  files: Record<string, [mode: number, base64: string]>;
}

function invent(work: string, from: string, [version, changes]: Release, to: string): string {
  const path = join(work, "berth-dev/template.json");
  const packed = JSON.parse(readFileSync(path, "utf8")) as PackedTemplate;
  const before = new Map(
    Object.entries(packed.files).map(([file, [, base64]]) => [
      file,
      Buffer.from(base64, "base64").toString(),
    ]),
  );
  const template = new Map(before);
  const replaced = (file: string, text: string, pattern: string | RegExp, by: string) => {
    const changed = text.replace(pattern, by);
    if (changed === text) throw new Error(`${file} has no ${String(pattern)}`);
    return changed;
  };
  changes({
    edit: (file, pattern, by) => {
      const path = join(work, file);
      writeFileSync(path, replaced(file, readFileSync(path, "utf8"), pattern, by));
    },
    template,
    editTemplate: (file, pattern, by) => {
      template.set(file, replaced(file, template.get(file) ?? "", pattern, by));
    },
  });
  const files = [...template].map(([file, text]): [string, [number, string]] => {
    const [mode = 0o644, base64 = ""] = packed.files[file] ?? [];
    const isSame = before.get(file) === text;
    return [file, [mode, isSame ? base64 : Buffer.from(text).toString("base64")]];
  });
  const versions = Object.fromEntries(PACKAGE_NAMES.map((name) => [name, version]));
  writeFileSync(path, JSON.stringify({ versions, files: Object.fromEntries(files) }));
  for (const name of PACKAGE_NAMES) {
    const manifest = join(work, name, "package.json");
    const text = readFileSync(manifest, "utf8");
    const own = new RegExp(
      `("(?:version|${PACKAGE_NAMES.join("|")})": "\\^?)${from.replaceAll(".", "\\.")}"`,
      "g",
    );
    writeFileSync(manifest, text.replaceAll(own, `$1${version}"`));
  }
  const args = ["pack", ...PACKAGE_NAMES.map((name) => `./${name}`), "--pack-destination", to];
  execFileSync("npm", [...args, "--ignore-scripts", "--silent"], { cwd: work });
  return version;
}
