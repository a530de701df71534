// `npm run client`, and the errors that its types catch.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Router } from "express";
import * as v from "valibot";
import { describeRoute, openApiDocument } from "berth/api";
import { arrayOf, eventStream, file, id, integer, object, text } from "berth/schema";
import { typeErrorsIn } from "berth/testing";
import { clientTypes } from "../../../scripts/client";

const root = join(__dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "client-"));
afterAll(() => rmSync(folder, { recursive: true }));

const runClient = (...args: string[]) =>
  spawnSync(process.execPath, ["--require", "ts-node/register", "scripts/client.ts", ...args], {
    cwd: root,
    env: { PATH: process.env.PATH },
    encoding: "utf8",
  });

describe("npm run client", () => {
  it("writes types that compile, with only PATH in its environment", () => {
    const file = join(folder, "api.d.ts");
    const { status, stderr } = runClient(file);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^Wrote .*api\.d\.ts\n/)]);
    const caller = `
      import createClient from "openapi-fetch";
      import type { components, paths } from "./api";
      export const client = createClient<paths>();
      export const status = (problem: components["schemas"]["Problem"]): number => problem.status;
    `;
    expect(typeErrorsIn({ "api.d.ts": readFileSync(file, "utf8"), "caller.ts": caller })).toEqual(
      [],
    );
  });

  it("formats them with the Prettier configuration of the file's folder, without its plugins", () => {
    const style = { singleQuote: true, plugins: ["not-installed-here"] };
    writeFileSync(join(folder, ".prettierrc"), JSON.stringify(style));
    const file = join(folder, "api.d.ts");
    expect(runClient(file).status).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("components['schemas']['Problem']");
  });

  it.each([
    [["--help"], "npm run client -- [FILE] takes only the file to write"],
    [["a.d.ts", "b.d.ts"], "npm run client -- [FILE] takes only the file to write"],
    [[join(folder, "none/api.d.ts")], "no such file or directory"],
  ])("reports %j in one line", (args, message) => {
    const { status, stderr } = runClient(...args);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^.+\n$/)]);
    expect(stderr).toContain(message);
  });
});

describe("a client's types", () => {
  /** The types of a service with this schema for ships. */
  function typesFor(shipInput: v.ObjectEntries): Promise<string> {
    const ship = v.pipe(object({ id, name: text(1, 10) }), v.title("Ship"));
    const router = Router().put(
      "/ships/:id",
      describeRoute({
        summary: "Replaces a ship.",
        params: object({ id }),
        query: object({ dryRun: v.optional(v.picklist(["true", "false"]), "false") }),
        body: v.pipe(object(shipInput), v.title("ShipInput")),
        responses: { 200: ship, 204: null },
      }),
      (_req, res) => void res.status(204).end(),
    );
    return clientTypes(openApiDocument(router, { title: "ships", version: "1.2.3" }));
  }

  const errorsOf = async (shipInput: v.ObjectEntries, statements: string) =>
    typeErrorsIn({
      "api.d.ts": await typesFor(shipInput),
      "caller.ts": `
        import createClient from "openapi-fetch";
        import type { paths } from "./api";
        const client = createClient<paths>({ baseUrl: "http://127.0.0.1" });
        export async function call() { ${statements} }
      `,
    });

  const put = `
    const { data, error } = await client.PUT("/ships/{id}", {
      params: { path: { id: "1" } },
      body: { name: "Vasa" },
    });
  `;
  const named = { name: text(1, 10) };

  it("accept a caller that sends valid fields", async () => {
    expect(
      await errorsOf(named, `${put} return error?.errors?.[0]?.pointer ?? data?.name;`),
    ).toEqual([]);
  });

  it("reject the same caller after the schema has changed", async () => {
    const [error = "", ...more] = await errorsOf({ title: text(1, 10) }, put);
    expect(more).toEqual([]);
    expect(error).toMatch(/'name' does not exist in type .*title: string/);
  });

  it.each([
    ["a path that there is not", 'await client.PUT("/boats/{id}", {});', '"/boats/{id}"'],
    ["another method", 'await client.DELETE("/ships/{id}", {});', '"/ships/{id}"'],
    [
      "an id that is a number",
      put.replace('"1"', "1"),
      "'number' is not assignable to type 'string'",
    ],
    ["a field that the response has not", `${put} return data?.title;`, "'title' does not exist"],
    ["an unknown member of a problem", `${put} return error?.reason;`, "'reason' does not exist"],
  ])("reject %s", async (_what, statements, message) => {
    expect((await errorsOf(named, statements)).join("\n")).toContain(message);
  });

  it("make fields with a default optional", async () => {
    const withDefault = { ...named, masts: v.optional(integer(1, 9), 3) };
    expect(await errorsOf(withDefault, put)).toEqual([]);
  });

  it("know a file as a blob, the events of a stream, and several bodies", async () => {
    const router = Router()
      .post(
        "/photos",
        describeRoute({
          summary: "Adds a photo.",
          form: object({ title: text(1, 10), images: arrayOf(file({ maxBytes: 5 }), 1, 2) }),
          responses: { 201: { body: null, headers: { Location: text(1, 80) } } },
        }),
        (_req, res) => void res.status(201).location("./1").end(),
      )
      .get(
        "/events",
        describeRoute({
          summary: "Streams.",
          responses: {
            200: [
              eventStream({ made: object({ name: text(1, 10) }), sunk: object({ id }) }),
              { mediaType: "text/csv" },
            ],
          },
        }),
        (_req, res) => void res.type("text/csv").send(""),
      );
    const types = await clientTypes(openApiDocument(router, { title: "ships", version: "1.2.3" }));
    const errorsOf = (statements: string) =>
      typeErrorsIn({
        "api.d.ts": types,
        "caller.ts": `
          import type { paths } from "./api";
          type Form = NonNullable<paths["/photos"]["post"]["requestBody"]>["content"]["multipart/form-data"];
          type Stream = paths["/events"]["get"]["responses"]["200"]["content"];
          export const form: Form = { title: "x", images: [new Blob([])] };
          export const csv: Stream["text/csv"] = "a,b";
          ${statements}
        `,
      });
    const name = (event: string) =>
      `export const name = (e: Stream["text/event-stream"]) => e.event === "${event}" ? e.data.name : "";`;
    expect(errorsOf(name("made"))).toEqual([]);
    expect(errorsOf(name("sunk")).join()).toContain("'name' does not exist");
  });

  it("compile for a service without described routes", async () => {
    const types = await clientTypes(openApiDocument(Router(), { title: "bare", version: "1.2.3" }));
    expect(typeErrorsIn({ "api.d.ts": types })).toEqual([]);
    expect(types).toContain("export type paths = Record<string, never>;");
  });
});
