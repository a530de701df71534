import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as v from "valibot";
import { apiDocs } from "../../src/api/docs";
import { sendPage } from "../../src/http/paging";
import { relativePath, relativeUrl } from "../../src/http/relative-url";
import { id } from "../../src/schema/fields";
import { pageQuery } from "../../src/schema/query-fields";
import { parseQuery } from "../../src/schema/validate";
import { createTestApp } from "../../src/testing/app";

describe("relativeUrl", () => {
  it.each([
    ["/ships", "7", "/ships/7"],
    ["/ships?a=/b", "7", "/ships/7"],
    ["/ships/", "7", "/ships/7"],
    ["/", "7", "/7"],
    ["/fleet/ships", "7", "/fleet/ships/7"],
    ["/fleet/ships:build", "7", "/fleet/ships:build/7"],
    ["//ships", "7", "//ships/7"],
    ["/ships", "a/b:c? d", "/ships/a%2Fb%3Ac%3F%20d"],
    ["/ships/7?a", undefined, "/ships/7"],
    ["/ships/", undefined, "/ships/"],
  ])("of %s and %s leads to %s", (originalUrl, below, path) => {
    const url = relativeUrl({ originalUrl }, below);
    expect(new URL(url, `http://a${originalUrl}`).pathname).toBe(path);
    expect(new URL(url, `http://a/prefix${originalUrl}`).pathname).toBe(`/prefix${path}`);
  });

  it("is a path, even if the request target begins with two slashes", () => {
    expect(relativeUrl({ originalUrl: "/javascript:alert(1)" })).toBe("./javascript:alert(1)");
    expect(relativeUrl({ originalUrl: '/a";>\xff' }, "7")).toBe("./a%22;%3e%ff/7");
  });
});

describe("relativePath", () => {
  it.each([
    ["/", "/", "/"],
    ["/", "/notes", "/notes"],
    ["/notes", "/", "/"],
    ["/notes", "/notes/7", "/notes/7"],
    ["/notes/7", "/notes", "/notes"],
    ["/notes/", "/notes", "/notes"],
    ["/a/b/c?x=/y/z", "/notes", "/notes"],
    ["//a/b", "/notes", "/notes"],
  ])("from %s to %s leads to %s", (originalUrl, path, expected) => {
    const url = relativePath({ originalUrl }, path);
    expect(new URL(url, `http://a${originalUrl}`).pathname).toBe(expected);
    expect(new URL(url, `http://a/prefix${originalUrl}`).pathname).toBe(`/prefix${expected}`);
  });

  it.each([
    "//b/x",
    "/\\b/x",
    "\\\\b",
    "https://b/x",
    "/\t/b/x",
    "javascript:alert(1)",
    "/../..//b/x",
  ])("stays at its origin for %j", (path) => {
    for (const originalUrl of ["/", "/notes", "/notes/7"]) {
      const url = relativePath({ originalUrl }, path);
      expect(new URL(url, `http://a${originalUrl}`).origin).toBe("http://a");
    }
  });
});

describe("a service behind a proxy that removes a path prefix", () => {
  let proxy: Server;
  let url: string;

  beforeAll(async () => {
    const ships: string[] = ["1", "2", "3"];
    const { app } = createTestApp((router) => {
      router.use(apiDocs({ title: "ships", version: "1" }));
      router.get("/ships", async (req, res) => {
        const list = ({ cursor = "0", limit }: { cursor?: string; limit: number }) =>
          Promise.resolve(ships.filter((ship) => ship > cursor).slice(0, limit));
        await sendPage(res, parseQuery(pageQuery(2, 2), req), list, (ship) => ship);
      });
      router.post("/ships", (req, res) => void res.location(relativeUrl(req, "3")).json({}));
      router.get("/ships/:id", (req, res) => void res.json(v.parse(id, req.params.id)));
    });
    proxy = createServer((req, res) => {
      const [, path] = /^\/prefix(\/.*)$/.exec(req.url ?? "") ?? [];
      if (path === undefined) return void res.writeHead(404).end();
      req.url = path;
      app(req, res);
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/prefix`;
  });
  afterAll(() => proxy.close());

  const follow = (from: string, to: string | null | undefined) => fetch(new URL(to ?? "", from));

  it("links to the next page", async () => {
    const first = await fetch(`${url}/ships`);
    const [, link] = /^<([^>]*)>; rel="next"$/.exec(first.headers.get("link") ?? "") ?? [];
    expect(await (await follow(first.url, link)).json()).toEqual(["3"]);
  });

  it.each(["/ships", "/ships/"])("links to what POST %s has created", async (path) => {
    const made = await fetch(url + path, { method: "POST" });
    expect(await (await follow(made.url, made.headers.get("location"))).json()).toBe("3");
  });

  it("redirects from /docs/ to the page, and links from the page to the document", async () => {
    const page = await fetch(`${url}/docs/`);
    expect([page.status, page.url]).toEqual([200, `${url}/docs`]);
    const script = await (await follow(page.url, "docs/page.js")).text();
    const [, document] = /url: "([^"]+)"/.exec(script) ?? [];
    const res = await follow(page.url, document);
    expect(await res.json()).toMatchObject({ servers: [{ url: "." }] });
  });
});
