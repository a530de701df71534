// What `berth new` plans and writes, in a copy of this repository's own service.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as estree from "prettier/plugins/estree";
import * as typescript from "prettier/plugins/typescript";
import * as prettier from "prettier/standalone";
import { planFeature } from "../../src/generate/feature";
import { withDeleteProblem } from "../../src/generate/feature-router";
import { withReferrer } from "../../src/generate/mount";
import { planMiddleware } from "../../src/generate/middleware";
import { planNewMigration } from "../../src/generate/migration";
import type { Plan, Workspace } from "../../src/generate/plan";
import { planProcess } from "../../src/generate/process";
import { planService } from "../../src/generate/service";
import { writePlan } from "../../src/generate/write";

const root = join(__dirname, "../../../..");

/** Without `import()`, which Jest does not run in packages. */
const format = (file: string, text: string) =>
  file.endsWith(".ts")
    ? prettier.format(text, {
        parser: "typescript",
        plugins: [typescript, estree],
        printWidth: 100,
      })
    : Promise.resolve(text);

let folder: string;
let workspace: Workspace;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "generate "));
  for (const name of ["src", "test", "package.json", "Procfile", "Procfile.dev"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ["packages", "node_modules"])
    symlinkSync(join(root, name), join(folder, name));
  workspace = { root: folder, now: new Date("2027-01-01T12:00:00Z"), format };
});
afterEach(() => rmSync(folder, { recursive: true }));

const feature = (name: string, ...fields: string[]) =>
  planFeature(workspace, { name, fields, singular: undefined });

/** Every file below `src` and `test`, with its text. */
const contents = (): [string, string][] =>
  ["src", "test"].flatMap((of) =>
    readdirSync(join(folder, of), { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }): [string, string] => {
        const path = join(parentPath, name);
        return [path, readFileSync(path, "utf8")];
      }),
  );

describe("a new feature", () => {
  it("is the sample with other words and fields", async () => {
    const { created, changed, byHand } = await feature(
      "order-lines",
      "item:text(1,40):unique",
      "order:integer?",
      "price:money",
    );
    expect([...created.keys()]).toEqual([
      "src/features/order-lines/router.ts",
      "src/features/order-lines/schema.ts",
      "src/features/order-lines/store.ts",
      "src/features/order-lines/migrations/20270101120000_create-order-lines.ts",
      "test/features/order-lines/order-lines.test.ts",
    ]);
    expect([[...created.values()].filter((text) => /note/i.test(text)), byHand]).toEqual([[], []]);
    const text = (file: string) => created.get(`src/features/order-lines/${file}`);
    expect(text("schema.ts")).toContain(`/** An order line as clients write it. */
export const orderLineInput = v.pipe(
  object({
    item: text(1, 40),
    order: v.nullish(integer(0, 2_147_483_647), null),
    price: money("EUR"),
  }),
  v.title("OrderLineInput"),
);`);
    expect(text("store.ts")).toContain(`UPDATE order_lines SET item = $2, "order" = $3,`);
    expect(text("migrations/20270101120000_create-order-lines.ts")).toContain(`
    CREATE TABLE order_lines (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      item text NOT NULL UNIQUE,
      "order" integer,
      price_amount bigint NOT NULL,
      price_currency text NOT NULL,
      created_at`);
    expect(text("router.ts")?.match(/problems: .*/g)).toEqual([
      'problems: { 409: "The item is taken." },',
      'problems: { 409: "The item is taken." },',
    ]);
    expect(changed.get("src/routes.ts")?.line).toBe(
      'app.use("/order-lines", createOrderLinesRouter(services));',
    );
  });

  it("leaves the owner's routes as they are, but for its lines", async () => {
    const before = `// Mine.
import type { Express } from 'express'
import { createNotesRouter } from './features/notes/router' // the notes
import type { Services } from './services'

export function mountRoutes(to: Express, all: Services): void {
    to.use('/notes',   createNotesRouter(all)) // first
    to.get('/last', (_req, res) => res.end())
}
`;
    writeFileSync(join(folder, "src/routes.ts"), before.replaceAll("\n", "\r\n"));
    const { changed } = await feature("orders", "item:text");
    expect(changed.get("src/routes.ts")?.after.split("\r\n").join("\n")).toBe(
      before
        .replace(
          "import type { Services }",
          'import { createOrdersRouter } from "./features/orders/router";\nimport type { Services }',
        )
        .replace("// first\n", '// first\n  to.use("/orders", createOrdersRouter(all));\n'),
    );
  });

  it("says what to add where the routes are not found", async () => {
    writeFileSync(join(folder, "src/routes.ts"), "export const routes = 1;\n");
    const { changed, byHand } = await feature("orders", "item:text");
    expect([changed.size, byHand]).toEqual([
      0,
      [
        'src/routes.ts: no function mountRoutes(app, services) was found. Add: import { createOrdersRouter } from "./features/orders/router"; and app.use("/orders", createOrdersRouter(services));',
      ],
    ]);
  });

  it("can say, once it is referenced, that a row still is, by each that references it", async () => {
    const { created } = await feature("customers", "name:text", "email:email:unique");
    const text = (file: string) => created.get(`src/features/customers/${file}`) ?? "";
    const referred = (store: string, by: string) =>
      withReferrer(store, "customers", `${by}_customer_id_fkey`, `The customer has ${by}.`) ?? "";
    const store = referred(referred(text("store.ts"), "orders"), "invoices");
    expect(store).toContain(
      '.catch(onViolation({ orders_customer_id_fkey: "The customer has orders.", invoices_customer_id_fkey: "The customer has invoices." }))',
    );
    const router = withDeleteProblem(text("router.ts"), "customer") ?? "";
    expect(router).toContain('problems: { 409: "Something still refers to the customer." }');
    expect(withDeleteProblem(router, "customer")).toBe(router);
    expect(withReferrer("export const store = 1;", "customers", "a", "b")).toBeUndefined();
    expect(withDeleteProblem("export const router = 1;", "customer")).toBeUndefined();
  });

  it("is refused where something has its name", async () => {
    const routes =
      'import type { Express } from "express";\nexport function mountRoutes(app: Express) {\n  app.use("/orders", orders);\n}\n';
    appendFileSync(join(folder, "src/features/notes/store.ts"), "\n");
    mkdirSync(join(folder, "src/features/tags/migrations"), { recursive: true });
    writeFileSync(
      join(folder, "src/features/tags/migrations/1_x.ts"),
      'pgm.createTable("labels", {});',
    );
    await expect(feature("notes", "a:text")).rejects.toThrow(
      "src/features/notes exists: choose another name, or remove it",
    );
    await expect(feature("labels", "a:text")).rejects.toThrow(
      "the table labels already exists, created by the feature tags: choose another name",
    );
    await expect(feature("pages", "a:text")).rejects.toThrow(
      'the code of a feature uses the name "page" itself: choose another name, or give a singular, such as --singular page-item',
    );
    for (const path of ["docs", "metrics"]) {
      await expect(feature(path, "a:text")).rejects.toThrow(
        `the path /${path} is one of the service's own: choose another name`,
      );
    }
    writeFileSync(join(folder, "src/routes.ts"), routes);
    await expect(feature("orders", "a:text")).rejects.toThrow(
      "src/routes.ts already has the path /orders: choose another name",
    );
  });
});

describe("a plan that cannot be written", () => {
  it("leaves everything as it was", async () => {
    const plan = await feature("orders", "item:text");
    rmSync(join(folder, "test/features"), { recursive: true });
    writeFileSync(join(folder, "test/features"), "");
    const before = contents();
    expect(() => writePlan(plan)).toThrow(/make it writable; nothing has been changed$/);
    expect(contents()).toEqual(before);
    expect(existsSync(join(folder, "src/features/orders"))).toBe(false);
  });

  it("overwrites nothing that has come meanwhile", async () => {
    const plan = await feature("orders", "item:text");
    mkdirSync(join(folder, "src/features/orders"));
    writeFileSync(join(folder, "src/features/orders/store.ts"), "mine");
    const before = contents();
    expect(() => writePlan(plan)).toThrow("EEXIST");
    expect(contents()).toEqual(before);
  });
});

describe("what else is new", () => {
  const linesOf = ({ changed }: Plan) => [...changed].map(([file, { line }]) => `${file}: ${line}`);

  it("can be a service, with its variable and its entry", async () => {
    const { changed, created } = await planService(workspace, "billing");
    expect([...created.keys()]).toEqual(["src/backing/billing.ts", "test/backing/billing.test.ts"]);
    expect(changed.get("src/services.ts")?.after).toContain(
      "  billing: attachBilling,\n} satisfies",
    );
    expect(changed.get("src/config.ts")?.after).toMatch(
      /BILLING_URL: serviceUrl\(\{\n.*\n.*\n {2}\}\),\n {2}\/\/ GREETING/,
    );
    await expect(planService(workspace, "database")).rejects.toThrow(
      "src/config.ts already has DATABASE_URL",
    );
    // Its import would be a second attachServices.
    await expect(planService(workspace, "services")).rejects.toThrow(
      "src/services.ts already has a service services",
    );
  });

  it("can be a process, with its lines in both Procfiles", async () => {
    const plan = await planProcess(workspace, { name: "sweeper", isHttp: false });
    expect(linesOf(plan)).toEqual([
      "src/config.ts: export const sweeperVariables = …",
      "Procfile: sweeper: node dist/sweeper.js",
      "Procfile.dev: sweeper: … exec berth reload src/sweeper.ts",
    ]);
    expect(plan.changed.get("Procfile.dev")?.after).toMatch(/\n# formation: sweeper=0\nsweeper: /);
    await expect(planProcess(workspace, { name: "web", isHttp: true })).rejects.toThrow(
      "Procfile already has a process web: choose another name",
    );
  });

  it("can be a migration of a feature, or middleware", async () => {
    const options = { name: "add-colour", feature: "notes" };
    const migration = await planNewMigration(workspace, options);
    expect([...migration.created.keys()]).toEqual([
      "src/features/notes/migrations/20270101120000_add-colour.ts",
    ]);
    await expect(planNewMigration(workspace, { name: "x", feature: "ships" })).rejects.toThrow(
      'there is no feature "ships": expected one of feed, notes',
    );
    expect([...(await planMiddleware(workspace, "requireUser")).created.keys()]).toEqual([
      "src/middleware/require-user.ts",
      "test/middleware/require-user.test.ts",
    ]);
  });
});
