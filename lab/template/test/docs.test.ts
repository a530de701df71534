// The TypeScript in the pages compiles against the packages, as services import them.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const folder = join(root, "node_modules/.cache/docs");
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Its snippets are whole files: `testing.test.ts` types them in. */
const WHOLE_FILES = "testing.md";

const pages = [
  ...readdirSync(join(root, "docs")).flatMap((name) =>
    name.endsWith(".md") && name !== WHOLE_FILES ? `docs/${name}` : [],
  ),
  ...readdirSync(join(root, "packages"), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? `packages/${entry.name}/README.md` : [],
  ),
];

const packages = ["berth", "berth-grpc", "berth-telemetry", "berth-dev", "port-contract"];

/** Declarations that the snippets assume, by name. */
const GIVEN: Readonly<Record<string, string>> = {
  app: 'declare const app: import("express").Express;',
  router: 'declare const router: import("express").Router;',
  Server: 'type Server = import("node:http").Server;',
  RequestHandler: 'type RequestHandler = import("express").RequestHandler;',
  v: 'import * as v from "valibot";',
  database: 'declare const database: import("berth/postgres").Database;',
  webVariables: 'import { webVariables } from "src/config";',
  Services: 'import type { Services } from "src/services";',
  Config: "interface Config { CACHE_URL: string }",
  ServicesOptions:
    'type ServicesOptions = Parameters<typeof import("src/services").createServices>[0];',
  backingServices: 'import { backingServices } from "src/services";',
  createStockFeed:
    'declare const createStockFeed: (database: import("berth/postgres").Database) => { check(this: void): Promise<void>; close(this: void): Promise<void> };',
  createCache:
    "declare const createCache: (url: string, logger: object) => { ping(this: void): Promise<void>; close(this: void): Promise<void> };",
  draining: "declare const draining: AbortSignal;",
  customerInput:
    'declare const customerInput: import("valibot").GenericSchema<unknown, { name: string; email: string }>;',
  customerPage:
    'declare const customerPage: (values: import("berth/pages").FieldTexts, errors: import("berth/pages").FieldTexts) => import("berth/pages").Html;',
  logger: 'declare const logger: import("pino").Logger;',
  item: "declare const item: string;",
  count: "declare const count: number;",
  tables:
    'declare const tables: import("kysely").Kysely<{ orders: { id: string; customer: string; item: string; count: number } }>;',
  rowsOf:
    'declare const rowsOf: <Row extends object>(on: import("berth/postgres").Queryable, statement: import("kysely").Compilable<Row>) => Promise<Row[]>;',
  customer: "declare const customer: string;",
  Order: "interface Order { id: string }",
  Customer: "interface Customer { id: string }",
  CustomerInput: "interface CustomerInput { name: string; email: string }",
  User: "interface User { id: string }",
  findUser: "declare const findUser: (header?: string) => Promise<{ id: string } | undefined>;",
  requireUser: 'declare const requireUser: import("express").RequestHandler;',
  orders:
    "declare const orders: { create(input: object): Promise<object>; list(page: object): Promise<{ id: string }[]>; find(id: string): Promise<object>; watch(signal: AbortSignal, since?: string): AsyncIterable<{ event: 'deleted'; data: { id: string }; id: string }>; replace(id: string, order: object): Promise<object> };",
  order: 'declare const order: import("valibot").GenericSchema<object>;',
  orderInput: 'declare const orderInput: import("valibot").GenericSchema<object>;',
  ordersQuery: 'import { pageQuery } from "berth/schema"; const ordersQuery = pageQuery(20, 100);',
  createOrdersRouter:
    'declare const createOrdersRouter: (services: { database: import("berth/postgres").Database }) => import("express").Router;',
  createOrderStore:
    'declare const createOrderStore: (tx: import("berth/postgres").Transaction) => { create(input: object): Promise<{ id: string }> };',
  services: 'declare const services: import("src/services").Services;',
  login: 'declare const login: import("express").RequestHandler;',
  isSigned: "declare const isSigned: (bytes: Buffer, signature?: string) => boolean;",
  events: "declare const events: { take(event: object): Promise<void> };",
  event: 'declare const event: import("valibot").GenericSchema<object>;',
  photoInput: 'declare const photoInput: import("valibot").GenericSchema<{ title: string }>;',
  archive:
    'declare const archive: { add(task: object): Promise<void>; put(name: string, type: string, content: import("node:stream").Readable): Promise<void> };',
  Router: 'import { Router } from "express";',
  randomUUID: 'import { randomUUID } from "node:crypto";',
  copyFile: 'import { copyFile } from "node:fs/promises";',
  WebSocketServer: 'import { WebSocketServer } from "ws";',
  isInOrder: "declare const isInOrder: (value: object) => boolean;",
  orderId: "declare const orderId: string;",
  stock: 'declare const stock: import("berth/client").ServiceClient;',
  shipId: "declare const shipId: string;",
  files: 'declare const files: import("berth/client").ServiceClient;',
  images: "declare const images: Map<unknown, Buffer>;",
  bytes: "declare const bytes: Buffer;",
  path: "declare const path: string;",
  folder: "declare const folder: string;",
  url: "declare const url: string;",
  pipeline: 'import { pipeline } from "node:stream/promises";',
  createWriteStream: 'import { createWriteStream } from "node:fs";',
  region: "declare const region: string;",
  credentials: "declare const credentials: { accessKeyId: string; secretAccessKey: string };",
  AwsV4Signer: 'import { AwsV4Signer } from "aws4fetch";',
  invoices:
    "declare const invoices: { find(id: string): Promise<{ number: string; file: string }> };",
  Task: "interface Task { id: string; due: string; title: string }",
  shipResponse: 'declare const shipResponse: import("valibot").GenericSchema<{ name: string }>;',
  join: 'import { join } from "node:path";',
  BoatsServices:
    'interface BoatsServices { database: import("berth/postgres").Database; draining: AbortSignal }',
  boatName: 'declare const boatName: import("valibot").GenericSchema<{ name: string }>;',
  find: "declare const find: (database: object, boat: { name: string }) => Promise<object>;",
  changes: "declare const changes: (options: { signal: AbortSignal }) => AsyncIterable<object>;",
  createTestApp:
    'declare const createTestApp: (env: object, overrides: Partial<import("src/services").Services>) => { app: import("express").Express };',
  tenantClaims: 'declare const tenantClaims: import("valibot").GenericSchema<unknown, object>;',
  compose:
    'declare const compose: (serving: import("berth/process").ServiceProcess<object>) => Promise<number>;',
  createBoatsRpc:
    'declare const createBoatsRpc: (services: { draining: AbortSignal }) => import("berth-grpc").RpcService;',
};

/** The names that a declaration file exports or re-exports. */
const namesIn = (text: string): string[] => [
  ...[...text.matchAll(/^export (?:declare )?(?:const|function|class|interface|type) (\w+)/gm)].map(
    ([, name = ""]) => name,
  ),
  ...[...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.replace("type ", "").trim()),
  ),
];

/** Imports for names that a snippet uses without importing them. */
const exported = Object.fromEntries(
  packages.flatMap((folder) => {
    const manifest = JSON.parse(read(`packages/${folder}/package.json`)) as {
      name: string;
      exports: Record<string, { types?: string }>;
    };
    return Object.entries(manifest.exports).flatMap(([path, { types }]) => {
      if (types === undefined) return [];
      const from = manifest.name + path.slice(1);
      // Only built files, as npm packs them.
      const text = read(`packages/${folder}/${types}`);
      return namesIn(text).map((name) => [name, `import { ${name} } from "${from}";`] as const);
    });
  }),
);

/** A snippet as a file: with the declarations that it assumes, and members in an object. */
function asFile(snippet: string): string {
  const code = snippet
    .replace(/\{ (admin|nightly|sweeper)Variables \}/, "{ webVariables as $1Variables }")
    .replaceAll(/"(?:\.\.?\/)+(config"|services"|app")/g, '"src/$1');
  const imports = code.match(/^import .*\n/gm)?.join("") ?? "";
  const rest = code.replaceAll(/^import .*\n/gm, "");
  const isMembers = /^\w+: |^ +\w+\(/m.test(rest.split("\n")[0] ?? "");
  const members = rest.split(/^(?=\w+: )/m).map((member) => `void {\n${member}};\n`);
  const statements = isMembers ? members.join("") : rest;
  const body = /^export /m.test(statements)
    ? statements
    : `export async function snippet() {\n${statements}}`;
  const isDeclared = (name: string) =>
    new RegExp(`(const|function|import (type )?\\{[^}]*) ${name}\\b(?! as )`).test(code);
  const given = [...new Set(code.match(/(?<!\w|[^.]\.)[A-Za-z_]\w*/g))].map((name) =>
    isDeclared(name) ? "" : (GIVEN[name] ?? exported[name] ?? ""),
  );
  return [...given, imports, body].filter(Boolean).join("\n");
}

describe("the TypeScript in the documentation", () => {
  it("compiles", () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    let count = 0;
    // Snippets for clients, with generated types, are fenced as `typescript` and not compiled.
    for (const page of pages) {
      const text = read(page);
      for (const [index, match] of [...text.matchAll(/```ts\n([^]*?)```/g)].entries()) {
        // Files that import each other are typed in by a test of their page.
        if (match[1]?.includes('from "./')) continue;
        count++;
        const name = `${page.replaceAll("/", "-")}-${index}.ts`;
        writeFileSync(join(folder, name), asFile(match[1] ?? ""));
      }
    }
    expect(count).toBeGreaterThan(10);
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        rootDir: root,
        paths: { "src/*": [join(root, "src/*")] },
        types: ["node"],
      },
      include: ["*.ts"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = require.resolve("typescript/bin/tsc");
    let errors = "";
    try {
      execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8", cwd: folder });
    } catch (err) {
      errors = (err as { stdout: string }).stdout;
    }
    expect(errors).toBe("");
  });
});
