import express, { type Router } from "express";
import request from "supertest";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { apiDocs } from "../../src/api/docs";
import { apiVariables } from "../../src/http/variables";
import { readEnvironment } from "../../src/process/environment";
import { id, object, text } from "../../src/schema/fields";
import { createTestApp } from "../../src/testing/app";

/** A hostile name, which npm would not allow. */
const NAME = '</title><script>document.body.innerHTML = "injected"</script>';

const shipInput = object({ name: v.pipe(text(1, 20), v.examples(["Ann"])), cargo: text(0, 20) });
const ship = object({ id, ...shipInput.entries });

function defineShips(router: Router): void {
  const ships: v.InferOutput<typeof ship>[] = [];
  router.use(apiDocs({ title: NAME, version: "1.2.3" }));
  router.get(
    "/ships",
    describeRoute({ summary: "Lists ships.", responses: { 200: v.array(ship) } }),
    (_req, res) => void res.json(ships),
  );
  router.post(
    "/ships",
    describeRoute({ summary: "Builds a ship.", body: shipInput, responses: { 201: ship } }),
    (req, res) => {
      const built = { id: String(ships.length + 1), ...req.body };
      ships.push(built);
      res.status(201).json(built);
    },
  );
}

describe("GET /openapi.json", () => {
  it("responds with the same document each time", async () => {
    const { app } = createTestApp(defineShips);
    const first = await request(app).get("/openapi.json");
    expect(first.body).toMatchObject({
      openapi: "3.1.1",
      info: { title: NAME, version: "1.2.3" },
      paths: {
        "/ships": { get: { summary: "Lists ships." }, post: { summary: "Builds a ship." } },
      },
    });
    expect((await request(app).get("/openapi.json")).text).toBe(first.text);
  });

  it("responds 500, and logs the route, when a description contradicts itself", async () => {
    const twice = describeRoute({ summary: "Does it.", responses: { 204: null } });
    const { app, log } = createTestApp((router) => {
      router.use(apiDocs({ title: "x", version: "1" }));
      router.get("/twice", twice, twice, (_req, res) => void res.end());
    });
    expect((await request(app).get("/openapi.json")).status).toBe(500);
    const err = expect.objectContaining({
      message: "GET /twice: It has two descriptions: keep one describeRoute().",
    }) as object;
    expect(log).toContainEqual(expect.objectContaining({ msg: "request failed", err }));
    expect((await request(app).get("/twice")).status).toBe(200);
  });
});

describe("API_DOCS", () => {
  it("rejects other values than true and false", () => {
    expect(() => readEnvironment(apiVariables, { API_DOCS: "maybe" })).toThrow(
      /API_DOCS.*true.*false.*maybe/s,
    );
  });
});

describe("GET /docs", () => {
  const { app } = createTestApp(defineShips);

  it("has a policy that allows requests only to the service", async () => {
    const res = await request(app).get("/docs");
    expect([res.status, res.type]).toEqual([200, "text/html"]);
    expect(res.get("Content-Security-Policy")).toMatch(
      /^default-src 'none'; script-src 'self'; .*connect-src 'self'/,
    );
    expect(res.text).not.toMatch(/https?:/);
  });

  it("leaves the policies of other responses unchanged", async () => {
    const res = await request(app).get("/ships");
    expect(res.get("Content-Security-Policy")).toMatch(/^default-src 'self'/);
  });

  it("redirects from a path with a trailing slash", async () => {
    const res = await request(app).get("/docs/");
    expect([res.status, res.get("Location")]).toEqual([301, "../docs"]);
  });

  it("responds 404 at a path with two leading slashes", async () => {
    expect((await request(app).get("//docs")).status).toBe(404);
    expect((await request(app).get("//docs/")).status).toBe(404);
  });

  it("works in a mounted app", async () => {
    const outer = express().use("/api", app);
    expect((await request(outer).get("/api/docs")).type).toBe("text/html");
    expect((await request(outer).get("/api/docs/page.js")).type).toBe("text/javascript");
    expect((await request(outer).get("/api/openapi.json")).body).toHaveProperty([
      "paths",
      "/ships",
    ]);
  });

  it.each(["/docs", "/docs/swagger-ui-bundle.js", "/openapi.json"])(
    "is revalidated each time, and sent once: %s",
    async (path) => {
      const res = await request(app).get(path);
      expect(res.get("Cache-Control") ?? "none").toMatch(/^(public, max-age=0|none)$/);
      const etag = res.get("ETag") ?? "";
      const again = await request(app).get(path).set("If-None-Match", etag);
      expect([etag.slice(0, 3), again.status, again.text]).toEqual(['W/"', 304, ""]);
      const head = await request(app).head(path);
      expect([head.status, head.get("ETag"), head.text]).toEqual([200, etag, undefined]);
      expect(head.get("Content-Length")).toBe(res.get("Content-Length"));
    },
  );

  it.each(["page.js", "page.css", "swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"])(
    "serves %s",
    async (file) => {
      expect((await request(app).get(`/docs/${file}`)).status).toBe(200);
    },
  );

  it.each(["package.json", "absolute-path.js", "..%2Fdocs.ts", "%2e%2e/app.ts"])(
    "does not serve %s",
    async (file) => {
      expect((await request(app).get(`/docs/${file}`)).status).toBe(404);
    },
  );
});
