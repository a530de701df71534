// The recipe for Kubernetes: checks its manifests against the published API schemas, from kubernetes-models.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mustBe, type Prove } from "./prove";
import { installOnce } from "./published";

const root = join(__dirname, "../..");
const folder = join(root, "node_modules/.cache/recipes-kubernetes");

/** 25 MB. */
const PACKAGES = ["kubernetes-models@5.1.0", "yaml@2.9.1"];

const FILES = ["kubernetes.yaml", "kubernetes-migration.yaml"];

/** A common typo, which shows that unknown fields are rejected. */
const MISTAKE = ["readinessProbe:", "readynessProbe:"] as const;

interface Manifest {
  apiVersion: string;
  kind: string;
}

/** Checks the manifests; installs the packages if they are missing. @throws Error when they cannot be installed */
export async function tryKubernetes(prove: Prove): Promise<void> {
  for (const file of FILES) {
    const text = readFileSync(join(root, "docs/deploy", file), "utf8");
    const manifests = parse(text);
    await prove(`${file}: fields and values`, () => validated(manifests));
    await prove(`${file}: no unknown fields`, () => {
      mustBe("the compiler's output", compiled(manifests), "");
      return "none";
    });
    if (!text.includes(MISTAKE[0])) continue;
    await prove(`${file}: rejected with ${MISTAKE[1].slice(0, -1)}`, () => {
      const said = compiled(parse(text.replace(...MISTAKE)));
      const [, line = "nothing"] = /error TS\d+: (.*)/.exec(said) ?? [];
      if (!line.includes(MISTAKE[1].slice(0, -1))) throw new Error(line);
      return line;
    });
  }
}

function parse(text: string): Manifest[] {
  const { parseAllDocuments } = installOnce(folder, PACKAGES)("yaml") as {
    parseAllDocuments: (text: string) => { errors: Error[]; toJS: () => Manifest }[];
  };
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS();
  });
}

/** Such as `apps/v1/Deployment`. */
const nameOf = ({ apiVersion, kind }: Manifest): string => `${apiVersion}/${kind}`;

/** Checks the schemas, which cover formats and required fields but allow unknown fields. */
async function validated(manifests: readonly Manifest[]): Promise<string> {
  for (const manifest of manifests) {
    const path = join(folder, "node_modules/kubernetes-models", `${nameOf(manifest)}.js`);
    if (!existsSync(path)) throw new Error(`unknown kind: ${nameOf(manifest)}`);
    const models = (await import(pathToFileURL(path).href)) as Record<
      string,
      new (data: Manifest) => { validate: () => void }
    >;
    const Model = models[manifest.kind]!;
    new Model(manifest).validate();
  }
  return manifests.map(nameOf).join(", ");
}

/** Checks for unknown fields: compiles the manifests as literals of their types, and returns the compiler's output. */
function compiled(manifests: readonly Manifest[]): string {
  const names = manifests.map((manifest, i) => {
    const file = `${i}.ts`;
    const type = `import type { I${manifest.kind} } from "kubernetes-models/${nameOf(manifest)}";`;
    const value = `export const manifest: I${manifest.kind} = ${JSON.stringify(manifest, undefined, 2)};`;
    writeFileSync(join(folder, file), `${type}\n${value}\n`);
    return file;
  });
  const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, module: "nodenext" };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: names }));
  const tsc = require.resolve("typescript/bin/tsc");
  return spawnSync(process.execPath, [tsc, "-p", folder], { cwd: folder, encoding: "utf8" }).stdout;
}
