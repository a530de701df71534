// `berth new feature`: generates a feature from the sample.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { UsageError } from "port-contract/args";
import { listMigrations } from "../db/migration-files";
import { migrationName } from "../db/new-migration";
import { filtersOf, PIECES, withFields } from "./feature-schema";
import { withDeleteProblem, withProblems } from "./feature-router";
import { migrationWith, withColumns } from "./feature-store";
import { referringDetail, withFieldTests, withoutSampleTests } from "./feature-test";
import { constraintOf, type Field, parseFields } from "./fields";
import { mountedPaths, withMount, withReferrer } from "./mount";
import {
  camel,
  type FeatureName,
  kebab,
  parseFeatureName,
  pascal,
  prose,
  singularOf,
  snake,
} from "./names";
import { change, create, emptyPlan, type Plan, textOf, type Workspace } from "./plan";
import { referencedRows } from "./references";
import { refuseFieldNames, renamed } from "./rename";
import { readSample } from "./sample";
import { sqlName } from "./sql-names";

const SAMPLE = "src/features/notes";
const SAMPLE_TEST = "test/features/notes/notes.test.ts";
const MIGRATIONS = {
  table: `${SAMPLE}/migrations/20261101000000_create-notes.ts`,
  keys: `${SAMPLE}/migrations/20261102000000_create-idempotency-keys.ts`,
};
/** The tables that every service has: of migrations, and of `idempotent`. */
const OWN_TABLES = ["migrations", "idempotency_keys"];

/** The options on the command line. */
export interface FeatureOptions {
  name: string;
  fields: readonly string[];
  singular: string | undefined;
}

/** @throws UsageError when a name or a field is invalid or taken, or a referenced table does not exist. */
export async function planFeature(workspace: Workspace, options: FeatureOptions): Promise<Plan> {
  const { root } = workspace;
  const name = parseFeatureName(options.name, options.singular);
  const [folder, table] = [kebab(name.plural), snake(name.plural)];
  const fields = parseFields(options.fields, table);
  refuseTaken(root, name);
  const referring = filtersOf(fields);

  const sample = (file: string) => readSample(root, file);
  const code = (file: string) => renamed(sample(`${SAMPLE}/${file}`), name);
  const [store, test] = [code("store.ts"), renamed(withoutSampleTests(sample(SAMPLE_TEST)), name)];
  const names = referring.map((field) => field.name);
  for (const text of [store, test]) refuseFieldNames(text, names);

  const plan = emptyPlan(workspace, "npm run check, and npm run dev, which applies the migration");
  const { rows, notes } = await referencedRows(root, referring);
  plan.byHand.push(...notes.map((note) => `test/features/${folder}/${folder}.test.ts: ${note}`));

  const src = `src/features/${folder}`;
  await create(plan, `${src}/router.ts`, withProblems(asOwn(code("router.ts"), name), fields));
  await create(plan, `${src}/schema.ts`, withFields(code("schema.ts"), name, fields));
  await create(plan, `${src}/store.ts`, withColumns(store, name, fields));
  await planMigrations(plan, name, fields);
  const referencedPaths = await changeReferenced(plan, name, referring);
  await create(
    plan,
    `test/features/${folder}/${folder}.test.ts`,
    withFieldTests(test, { name, fields, rows, referencedPaths }),
  );
  await planContract(plan, name, fields);

  const [router, from] = [`create${pascal(name.plural)}Router`, `./features/${folder}/router`];
  const mount = { path: `/${folder}`, router, from };
  const line = withMount(textOf(root, "src/routes.ts"), mount)?.line ?? "";
  await change(plan, "src/routes.ts", (text) => withMount(text, mount)?.text, {
    line,
    otherwise: `no function mountRoutes(app, services) was found. Add: import { ${router} } from "${from}"; and app.use("/${folder}", ${router}(services));`,
  });
  return plan;
}

/** Paths of a service besides those of its features, whichever parts it has: one may be added later. */
const OWN_PATHS = ["debug", "docs", "livez", "metrics", "openapi", "readyz"];

/** The sample's router says that it is the sample. */
const asOwn = (router: string, name: FeatureName): string =>
  router.replace(/^\/\/ The sample feature: /, () => `// The ${prose(name.plural)}: `);

/** @throws UsageError when the feature, its path or its table already exists, or its variables' names are taken. */
function refuseTaken(root: string, name: FeatureName): void {
  const [folder, table] = [kebab(name.plural), snake(name.plural)];
  for (const path of [`src/features/${folder}`, `test/features/${folder}`]) {
    if (existsSync(join(root, path))) {
      throw new UsageError(`${path} exists: choose another name, or remove it`);
    }
  }
  if (OWN_PATHS.includes(folder)) {
    throw new UsageError(`the path /${folder} is one of the service's own: choose another name`);
  }
  const mounted = mountedPaths(textOf(root, "src/routes.ts")).get(`/${folder}`);
  if (mounted !== undefined) {
    throw new UsageError(`src/routes.ts already has the path /${folder}: choose another name`);
  }
  const creator = OWN_TABLES.includes(table) ? "" : creatorOf(root, table);
  if (creator !== undefined) {
    const where = creator === "" ? "" : `, created by the feature ${creator}`;
    throw new UsageError(`the table ${table} already exists${where}: choose another name`);
  }
  const taken = PIECES.find((piece) => [camel(name.singular), camel(name.plural)].includes(piece));
  if (taken !== undefined) {
    throw new UsageError(
      `the code of a feature uses the name "${taken}" itself: choose another one`,
    );
  }
}

/** The feature whose migration creates this table. */
function creatorOf(root: string, table: string): string | undefined {
  const features = join(root, "src/features");
  const creates = new RegExp(
    `create\\s+table\\s+(?:if\\s+not\\s+exists\\s+)?"?${table}"?[\\s(]|createTable\\(\\s*["'\`]${table}["'\`]`,
    "i",
  );
  if (!existsSync(features)) return undefined;
  return readdirSync(features).find((feature) => {
    const folder = join(features, feature, "migrations");
    if (!existsSync(folder)) return false;
    return readdirSync(folder).some(
      (file) => file.endsWith(".ts") && creates.test(readFileSync(join(folder, file), "utf8")),
    );
  });
}

/** The table's migration, preceded by that of the idempotency keys if the service does not have it yet. */
async function planMigrations(
  plan: Plan,
  name: FeatureName,
  fields: readonly Field[],
): Promise<void> {
  const { root, now } = plan.workspace;
  const folder = kebab(name.plural);
  const existing = listMigrations(join(root, "src"));
  const add = async (title: string, text: string) => {
    const file = migrationName(existing, title, now);
    existing.push(file);
    await create(plan, `src/features/${folder}/migrations/${file}.ts`, text);
  };
  if (creatorOf(root, "idempotency_keys") === undefined) {
    await add("create-idempotency-keys", readSample(root, MIGRATIONS.keys));
  }
  const table = renamed(readSample(root, MIGRATIONS.table), name);
  await add(`create-${folder}`, migrationWith(table, name, fields));
}

/** The contract kit creates many rows with this body, so each must be accepted. */
async function planContract(
  plan: Plan,
  name: FeatureName,
  fields: readonly Field[],
): Promise<void> {
  const { root } = plan.workspace;
  const isRepeatable = fields.every(
    ({ isUnique, references }) => !isUnique && references === undefined,
  );
  const tests = join(root, "test");
  const others = existsSync(tests) ? readdirSync(tests, { recursive: true, encoding: "utf8" }) : [];
  const isThere = others.some(
    (file) => /(^|[\\/])contract\.json$/.test(file) && textOf(tests, file).includes('"body-path"'),
  );
  if (!isRepeatable || isThere) return;
  const folder = kebab(name.plural);
  // The samples are code of this package.
  const values = fields.map((field) => `${field.name}: ${field.sample}`).join(", ");
  const body = runInNewContext(`({ ${values} })`, { number: 1 }) as object;
  const text = JSON.stringify({ "body-path": `/${folder}`, body });
  await create(plan, `test/features/${folder}/contract.json`, text);
}

/**
 * Makes the features of the referenced tables report that a row is still referenced when it is deleted.
 * @returns The paths at which those rows are deleted, by table.
 */
async function changeReferenced(
  plan: Plan,
  name: FeatureName,
  referring: readonly Field[],
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  const mounted = mountedPaths(textOf(plan.workspace.root, "src/routes.ts"));
  for (const field of referring) {
    const { references: table = "" } = field;
    const feature = creatorOf(plan.workspace.root, table);
    if (feature === undefined) continue;
    const [folder, constraint] = [
      `src/features/${feature}`,
      constraintOf(snake(name.plural), field),
    ];
    const detail = referringDetail(field, name);
    const noun = prose(singularOf(table));
    const isHandled = await change(
      plan,
      `${folder}/store.ts`,
      (text) => withReferrer(text, sqlName(table), constraint, detail),
      {
        line: `${constraint}: ${JSON.stringify(detail)}`,
        otherwise: `no DELETE FROM ${table} was found. Where rows are deleted, add: .catch(onViolation({ ${constraint}: ${JSON.stringify(detail)} }))`,
      },
    );
    const isDescribed = await change(
      plan,
      `${folder}/router.ts`,
      (text) => withDeleteProblem(text, noun),
      {
        line: `problems: { 409: "Something still refers to the ${noun}." }`,
        otherwise: `no described router.delete was found. In its description, add: problems: { 409: "Something still refers to the ${noun}." }`,
      },
    );
    const path = [...mounted].find(([, call]) =>
      call.includes(`create${pascal(feature.split("-"))}Router(`),
    );
    if (isHandled && isDescribed && path) paths.set(table, path[0]);
  }
  return paths;
}
