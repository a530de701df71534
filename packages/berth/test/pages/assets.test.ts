import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:http";
import request from "supertest";
import { messageClasses } from "../../src/express/messages";
import { createAssets } from "../../src/pages/assets";
import { createTestApp, problem } from "../../src/testing/app";

const parent = mkdtempSync(join(tmpdir(), "assets "));
afterAll(() => rmSync(parent, { recursive: true }));

/** Below a hidden folder, as an application may be. */
const folder = join(parent, ".app/public");
const FILES = {
  "app.css": "p { background: url(img/logo.svg) }\n",
  "img/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'></svg>\n",
  "a b#ü.txt": "text\n",
  LICENSE: "MIT\n",
  ".env": "SECRET=1\n",
  ".git/config": "[core]\n",
};
beforeAll(() => {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  writeFileSync(join(parent, "outside.txt"), "outside\n");
  symlinkSync(join(parent, "outside.txt"), join(folder, "link.txt"));
});

/** The app as the process serves it: with its message classes. */
function serve(options: Partial<Parameters<typeof createAssets>[0]> = {}) {
  const assets = createAssets({ folder, ...options });
  const { app } = createTestApp((router) => void router.use(assets.serveAssets));
  return { ...assets, server: createServer(messageClasses(app), app) };
}

describe("createAssets", () => {
  it("names a file by its content", () => {
    const { asset } = serve();
    expect(asset("app.css")).toMatch(/^\/assets\/app\.[\da-f]{12}\.css$/);
    expect(asset("img/logo.svg")).toMatch(/^\/assets\/img\/logo\.[\da-f]{12}\.svg$/);
    expect(asset("LICENSE")).toMatch(/^\/assets\/LICENSE\.[\da-f]{12}$/);
    expect(asset("a b#ü.txt")).toMatch(/^\/assets\/a%20b%23%C3%BC\.[\da-f]{12}\.txt$/);
    const before = asset("app.css");
    writeFileSync(join(folder, "app.css"), "p { color: red }\n");
    expect(serve().asset("app.css")).not.toBe(before);
    writeFileSync(join(folder, "app.css"), FILES["app.css"]);
    expect(serve().asset("app.css")).toBe(before);
  });

  it.each(["app.css", "img/logo.svg", "LICENSE", "a b#ü.txt"] as const)(
    "serves %s to be kept for a year",
    async (name) => {
      const { asset, server } = serve();
      const res = await request(server).get(asset(name)).buffer();
      expect(res.status).toBe(200);
      expect(res.text ?? String(res.body)).toBe(FILES[name]);
      expect(res.headers).toMatchObject({
        "cache-control": "public, max-age=31536000, immutable",
        etag: expect.stringMatching(/^"[\da-f]{12}"$/) as string,
        "cross-origin-resource-policy": "same-origin",
        "x-request-id": expect.any(String) as string,
      });
      expect(res.headers).not.toHaveProperty("set-cookie");
    },
  );

  it("serves a plain name, as styles have it, to be asked for again", async () => {
    const { server } = serve();
    const res = await request(server).get("/assets/img/logo.svg");
    expect(String(res.body)).toBe(FILES["img/logo.svg"]);
    expect(res.headers).toMatchObject({
      "content-type": "image/svg+xml",
      "cache-control": "public, no-cache",
    });
  });

  it("responds to HEAD, ranges and conditional requests", async () => {
    const { asset, server } = serve();
    const path = asset("app.css");
    const { headers } = await request(server).get(path);
    const etag = String(headers.etag);
    const head = await request(server).head(path);
    expect([head.status, head.headers["content-length"]]).toEqual([200, headers["content-length"]]);

    const kept = await request(server).get(path).set("If-None-Match", `"x", ${etag}`);
    expect([kept.status, kept.text]).toEqual([304, ""]);
    expect(kept.headers["cache-control"]).toBe("public, max-age=31536000, immutable");

    const part = await request(server).get(path).set("Range", "bytes=2-3").set("If-Range", etag);
    expect([part.status, part.text]).toEqual([206, FILES["app.css"].slice(2, 4)]);
    const whole = await request(server).get(path).set("Range", "bytes=2-3").set("If-Range", '"x"');
    expect([whole.status, whole.text]).toEqual([200, FILES["app.css"]]);

    const beyond = await request(server).get(path).set("Range", "bytes=99-");
    expect([beyond.status, beyond.type]).toEqual([416, "application/problem+json"]);
    expect(beyond.headers).not.toHaveProperty("cache-control");
  });

  it.each([
    "/assets",
    "/assets/",
    "/assets/app.000000000000.css",
    "/assets/app.CSS",
    "/assets/img",
    "/assets/img/",
    "/assets/.env",
    "/assets/.git/config",
    "/assets/link.txt",
    "/assets/../outside.txt",
    "/assets/..%2f..%2foutside.txt",
    "/assets/%2e%2e/%2e%2e/outside.txt",
    "/assets/img%5clogo.svg",
    "/assets/%ff",
    "/assets/app.css%00",
    "/assets/constructor",
  ])("responds 404 to %s", async (path) => {
    const { status, text, headers } = await request(serve().server).get(path);
    expect(status).toBe(404);
    expect(JSON.parse(text)).toEqual(
      problem(404, "Not Found", { detail: "There is nothing at this path." }),
    );
    expect(headers).not.toHaveProperty("cache-control");
  });

  it("responds 405 to other methods", async () => {
    const { asset, server } = serve();
    const { status, headers } = await request(server).post(asset("app.css"));
    expect([status, headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  it("shares files with other origins if that is opened", async () => {
    const { asset, server } = serve({ isShared: true, path: "/static/" });
    expect(asset("img/logo.svg")).toMatch(/^\/static\/img/);
    expect((await request(server).get(asset("img/logo.svg"))).headers).toMatchObject({
      "cross-origin-resource-policy": "cross-origin",
      "access-control-allow-origin": "*",
    });
  });

  it("throws for a file or a folder that is not there", () => {
    const { asset } = serve();
    expect(() => asset("ap.css")).toThrow(`There is no asset ap.css in ${folder}.`);
    expect(() => asset("constructor")).toThrow("There is no asset constructor");
    expect(() => createAssets({ folder: join(folder, "none") })).toThrow(
      `createAssets cannot read the folder ${join(folder, "none")}; \`npm run build\` copies`,
    );
  });
});
