// The router, the requests and the client of docs/uploads.md work.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Router } from "express";
import createClient from "openapi-fetch";
import ts from "typescript";
import { openApiDocument } from "berth/api";
import { createTestApp, typeErrorsIn } from "berth/testing";
import { clientTypes } from "../../../scripts/client";

const root = join(__dirname, "../../..");
const page = readFileSync(join(root, "docs/uploads.md"), "utf8");
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? "";

const IMPORTS = `
import { randomUUID } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { Router } from "express";
import * as v from "valibot";
import { describeRoute } from "berth/api";
import { file, object, text } from "berth/schema";
`;

const folder = mkdtempSync(join(tmpdir(), "uploads "));
const code = join(root, "node_modules/.cache/uploads");
const server = createServer();
let url: string;
let types: string;
beforeAll(async () => {
  // Compiled here, and not by Jest, as it is no file of the repository; it finds the packages from there.
  mkdirSync(code, { recursive: true });
  const { outputText } = ts.transpileModule(IMPORTS + block("ts"), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  });
  writeFileSync(join(code, "router.js"), outputText);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it has just been written
  const { createPhotosRouter } = require(join(code, "router.js")) as {
    createPhotosRouter: (folder: string) => Router;
  };
  const { app } = createTestApp((router) => void router.use("/photos", createPhotosRouter(folder)));
  server.on("request", app).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  types = await clientTypes(openApiDocument(app.router, { title: "photos", version: "1.2.3" }));
});
afterAll(async () => {
  await once(server.close(), "close");
  rmSync(folder, { recursive: true });
  rmSync(code, { recursive: true });
});

const png = Buffer.from("\x89PNG\r\n\x1a\n a small image", "latin1");
/** The server is in this process, so the command must not block it. */
const run = async (command: string, cwd: string): Promise<string> =>
  (await promisify(execFile)("/bin/sh", ["-c", command], { cwd, encoding: "utf8" })).stdout;

const constant = (output: string) =>
  output.replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "<uuid>").trim();

describe("docs/uploads.md", () => {
  it("shows the output of its commands", async () => {
    const files = mkdtempSync(join(folder, "sent"));
    writeFileSync(join(files, "anchor.png"), png);
    writeFileSync(join(files, "notes.txt"), "no image");
    const exchanges = [...block("console").matchAll(/^\$ (.*)\n(.*)\n/gm)];
    expect(exchanges).toHaveLength(2);
    for (const [, command = "", output = ""] of exchanges) {
      const seen = await run(command.replaceAll("localhost:5000", url), files);
      expect(constant(seen)).toBe(constant(output));
    }
    const stored = readdirSync(folder).filter((name) => name.length === 36);
    expect(stored.map((name) => readFileSync(join(folder, name)))).toEqual([png]);
  });

  const caller = () => `
    import createClient from "openapi-fetch";
    import type { paths } from "./api";
    const client = createClient<paths>({ baseUrl: "http://127.0.0.1" });
    export async function call(image: Blob) { ${block("typescript")} }
  `;

  it("shows a client that compiles, and not without the file", () => {
    const errorsOf = (text: string) => typeErrorsIn({ "api.d.ts": types, "caller.ts": text });
    expect(errorsOf(caller())).toEqual([]);
    expect(errorsOf(caller().replace(", image }", " }")).join("\n")).toContain(
      "'image' is missing",
    );
  });

  it("shows a client that uploads", async () => {
    const client = createClient<Record<string, never>>({ baseUrl: url });
    const { outputText } = ts.transpileModule(
      `export const call = async (client, image) => { ${block("typescript").replace("await", "return")} };`,
      { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 } },
    );
    writeFileSync(join(code, "caller.js"), outputText);
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it has just been written
    const { call } = require(join(code, "caller.js")) as {
      call: (client: object, image: Blob) => Promise<{ data: unknown }>;
    };
    const { data } = await call(client, new Blob([png], { type: "image/png" }));
    expect(data).toEqual({ id: expect.any(String) as string, title: "Anchor", bytes: png.length });
  });
});
