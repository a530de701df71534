import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Router } from "express";
import type { Browser, Page } from "puppeteer-core";
import request from "supertest";
import * as v from "valibot";
import { describeRoute } from "../../../src/chassis/api/describe-route";
import { apiDocs } from "../../../src/chassis/api/docs";
import { id, object, text } from "../../../src/chassis/http/fields";
import { createTestApp } from "../support/app";
import { describeWithBrowser, openBrowser } from "../support/browser";

/** As wicked as a package's name cannot be. */
const NAME = '</title><script>document.body.innerHTML = "injected"</script>';

const shipInput = object({ name: v.pipe(text(1, 20), v.examples(["Ann"])), cargo: text(0, 20) });
const ship = object({ id, ...shipInput.entries });

function defineShips(router: Router): void {
  const ships: v.InferOutput<typeof ship>[] = [];
  router.use(apiDocs({ title: NAME, version: "1.2.3" }));
  router.get(
    "/ships",
    describeRoute({ summary: "Lists ships.", answers: { 200: v.array(ship) } }),
    (_req, res) => void res.json(ships),
  );
  router.post(
    "/ships",
    describeRoute({ summary: "Builds a ship.", body: shipInput, answers: { 201: ship } }),
    (req, res) => {
      const built = { id: String(ships.length + 1), ...req.body };
      ships.push(built);
      res.status(201).json(built);
    },
  );
}

describe("GET /openapi.json", () => {
  it("is the document, the same each time", async () => {
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

  it("is a problem, and in the log by its route, where a route contradicts itself", async () => {
    const twice = describeRoute({ summary: "Does it.", answers: { 204: null } });
    const { app, log } = createTestApp((router) => {
      router.use(apiDocs({ title: "x", version: "1" }));
      router.get("/twice", twice, twice, (_req, res) => void res.end());
    });
    expect((await request(app).get("/openapi.json")).status).toBe(500);
    const err = expect.objectContaining({
      message: "GET /twice: It is described twice.",
    }) as object;
    expect(log).toContainEqual(expect.objectContaining({ msg: "request failed", err }));
    expect((await request(app).get("/twice")).status).toBe(200);
  });
});

describe("GET /docs", () => {
  const { app } = createTestApp(defineShips);

  it("has a policy that lets it reach nobody but the service", async () => {
    const res = await request(app).get("/docs");
    expect([res.status, res.type]).toEqual([200, "text/html"]);
    expect(res.get("Content-Security-Policy")).toMatch(
      /^default-src 'none'; script-src 'self'; .*connect-src 'self'/,
    );
    expect(res.text).not.toMatch(/https?:/);
  });

  it("leaves all others their own", async () => {
    const res = await request(app).get("/ships");
    expect(res.get("Content-Security-Policy")).toMatch(/^default-src 'self'/);
  });

  it("leads to itself from a path with a slash", async () => {
    const res = await request(app).get("/docs/");
    expect([res.status, res.get("Location")]).toEqual([301, "../docs"]);
  });

  it.each(["page.js", "page.css", "swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"])(
    "has its own %s",
    async (file) => {
      expect((await request(app).get(`/docs/${file}`)).status).toBe(200);
    },
  );

  it.each(["package.json", "absolute-path.js", "..%2Fdocs.ts", "%2e%2e/app.ts"])(
    "has no %s",
    async (file) => {
      expect((await request(app).get(`/docs/${file}`)).status).toBe(404);
    },
  );
});

describeWithBrowser("the page of GET /docs, in a browser", () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  /** What its policy has kept from it, and what has failed in it. */
  const faults: string[] = [];

  const POST = "#operations-ships-postShips";
  const GET = "#operations-ships-getShips";
  const ANSWER = `${POST} .live-responses-table .response`;
  const textOf = (selector: string) =>
    page.$eval(selector, (element) => (element as unknown as { innerText: string }).innerText);
  const shows = (selector: string, text: string) =>
    page.waitForFunction(
      `document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(text)})`,
    );

  /** Behind a proxy that takes away a prefix. */
  beforeAll(async () => {
    const { app } = createTestApp(defineShips);
    server = createServer((req, res) => {
      req.url = req.url?.replace("/prefix", "");
      app(req, res);
    }).listen(0);
    browser = await openBrowser();
    page = await browser.newPage();
    page.on("pageerror", (err) => faults.push(String(err)));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/prefix/docs`);
    await page.waitForSelector(POST);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it("lists every route under the service's name, which is no more than text", async () => {
    expect(await page.title()).toBe(NAME);
    const rows = await page.$$eval(".opblock-summary", (rows) =>
      rows.map((row) => (row as unknown as { innerText: string }).innerText),
    );
    expect(rows.map((row) => row.replaceAll("\n", " "))).toEqual([
      "GET /livez Says that the process runs.",
      "GET /readyz Says whether the process may get requests.",
      "GET /ships Lists ships.",
      "POST /ships Builds a ship.",
    ]);
    expect(faults).toEqual([]);
  });

  it("sends an example by one click, and shows what is answered, and a problem", async () => {
    await page.click(`${POST} .opblock-summary-control`);
    await page.waitForSelector(`${POST} .execute`);
    await page.click(`${POST} .execute`);
    await shows(ANSWER, "201");
    expect(await textOf(ANSWER)).toContain('"id": "1",\n  "name": "Ann",\n  "cargo": "Some text"');
    await page.click(`${POST} textarea`, { count: 3 });
    await page.keyboard.down("Control");
    await page.keyboard.press("A");
    await page.keyboard.up("Control");
    await page.keyboard.type('{ "name": "" }');
    await page.click(`${POST} .execute`);
    await shows(ANSWER, "422");
    expect(await textOf(ANSWER)).toContain(
      '"pointer": "/name",\n      "detail": "must have at least 1 character"',
    );
  });

  it("is used by keyboard, and fits into a narrow window", async () => {
    await page.setViewport({ width: 360, height: 700 });
    await page.reload();
    await page.waitForSelector(POST);
    await page.focus(`${GET} .opblock-summary-control`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${GET} .execute`);
    // All of it is there, and nothing of it sticks out.
    await page.waitForFunction("document.documentElement.scrollWidth <= innerWidth");
  });
});
