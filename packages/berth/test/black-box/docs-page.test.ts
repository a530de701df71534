// The page of GET /docs in a real browser, wherever the service is mounted.
import { createServer, request as forward, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express, { type Router } from "express";
import type { Browser, ElementHandle, HTTPRequest, Page } from "puppeteer-core";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { apiDocs } from "../../src/api/docs";
import { requireToken, token } from "../../src/api/require-token";
import { id, object, text } from "../../src/schema/fields";
import { file } from "../../src/schema/file";
import { createTestApp } from "../../src/testing/app";
import { emptyFolder } from "../../src/testing/cleanup";
import { describeWithBrowser, openBrowser } from "../support/browser";

const shipInput = object({ name: v.pipe(text(1, 20), v.examples(["Ann"])), cargo: text(0, 20) });
const ship = object({ id, ...shipInput.entries });

/** A token is the name of its subject. */
const tokens = {
  audience: "ships",
  verify: (text: string) => Promise.resolve({ sub: text }),
};

function defineShips(router: Router): void {
  const ships: v.InferOutput<typeof ship>[] = [];
  router.use(apiDocs({ title: "Ships", version: "1.2.3" }));
  router.get(
    "/ships",
    describeRoute({
      summary: "Lists ships.",
      query: object({ nameOfWhoeverHasBuiltThem: v.optional(text(0, 20)) }),
      responses: { 200: v.array(ship) },
    }),
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
  router.get(
    "/me",
    requireToken(tokens),
    describeRoute({ summary: "Returns the subject.", responses: { 200: v.string() } }),
    (req, res) => void res.json(token.get(req).sub),
  );
}

function definePhotos(router: Router): void {
  router.use(apiDocs({ title: "Photos", version: "1.2.3" }));
  const location = v.pipe(text(1, 80), v.description("Where it is."));
  router.post(
    "/photos",
    describeRoute({
      summary: "Adds a photo.",
      form: object({ title: text(1, 20), image: file({ maxBytes: 500, types: ["image/png"] }) }),
      responses: { 201: { body: v.string(), headers: { Location: location } } },
    }),
    (req, res) => void res.status(201).location("./1").json(req.body.image.name),
  );
}

/** HTML that would show itself if it were not escaped. */
const WICKED = `</title></script><script>injected = 1</script><img src="x" onerror="injected = 1">
[link](javascript:injected=1) <a href="javascript:injected=1">a</a> <iframe srcdoc="<script>injected = 1</script>"></iframe>
<img src="https://elsewhere.test/seen.png"><form action="https://elsewhere.test/"></form><style>* { display: none }</style>`;

function defineWicked(router: Router): void {
  router.use(apiDocs({ title: WICKED, version: WICKED, description: WICKED }));
  const field = v.pipe(text(0, 1000), v.description(WICKED), v.title(WICKED), v.examples([WICKED]));
  router.post(
    "/wicked",
    describeRoute({
      summary: WICKED,
      description: WICKED,
      tag: "wicked",
      body: object({ [WICKED]: field }),
      query: object({ a: v.optional(field) }),
      responses: { 200: v.any() },
      problems: { 409: WICKED },
    }),
    (_req, res) => void res.json({ [WICKED]: WICKED }),
  );
}

const app = (define: (router: Router) => void) =>
  createTestApp(define, { bodyLimitBytes: 10_000 }).app;

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close().closeAllConnections()));

/** Resolves with the app's URL. */
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A proxy that only removes a path prefix. */
async function behindProxy(handler: RequestListener, prefix: string): Promise<string> {
  const target = await listen(handler);
  const url = await listen((req, res) => {
    if (!req.url?.startsWith(`${prefix}/`)) return void res.writeHead(421).end();
    const { method, headers } = req;
    const proxied = forward(
      target + req.url.slice(prefix.length),
      { method, headers },
      (response) => {
        response.pipe(res.writeHead(response.statusCode ?? 502, response.headers));
      },
    );
    req.pipe(proxied);
  });
  return url + prefix;
}

// On a busy machine the page sometimes loses a key or a click while it is rendering.
jest.retryTimes(2);

describeWithBrowser("the page of GET /docs, in a browser", () => {
  let browser: Browser;
  let page: Page;
  /** Violations of its policy, and errors. */
  let faults: string[];
  /** The URLs it has requested. */
  let asked: HTTPRequest[];

  beforeAll(async () => void (browser = await openBrowser()), 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    [faults, asked] = [[], []];
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (err) => faults.push(String(err)));
    page.on("dialog", (dialog) => faults.push(dialog.message()));
    page.on("request", (request) => asked.push(request));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
  });
  afterEach(() => page.close());

  const POST = "#operations-ships-postShips";
  const GET = "#operations-ships-getShips";
  const ME = "#operations-me-getMe";
  const responseOf = (operation: string) => `${operation} .live-responses-table .response`;
  const textOf = (selector: string) =>
    page.$eval(selector, (element) => (element as unknown as { innerText: string }).innerText);
  const shows = (selector: string, text: string) =>
    page.waitForFunction(
      `document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(text)})`,
    );
  const askedBeyond = (url: string) =>
    asked.filter((of) => !of.url().startsWith(`${url}/`) && !of.url().startsWith("data:"));
  const open = async (url: string, operation = POST) => {
    await page.goto(`${url}/docs`);
    await page.waitForSelector(operation);
  };
  const openShips = async () => open(await behindProxy(app(defineShips), "/harbour"));
  const unfold = async (operation: string) => {
    await page.locator(`${operation} .opblock-summary-control`).click();
    await page.waitForSelector(`${operation} .execute`);
  };

  /** Repeats until the request is sent: the page ignores clicks before it has loaded everything. */
  const execute = async (operation: string) => {
    const press = () => page.locator(`${operation} .execute`).click();
    const isSent = () =>
      page
        .waitForRequest((of) => !/\/(docs|openapi\.json)/.test(of.url()), { timeout: 2000 })
        .catch(() => undefined);
    for (let sent: unknown; !sent;) [sent] = await Promise.all([isSent(), press()]);
  };

  it("lists every route by its path's first segment", async () => {
    await openShips();
    expect(await page.title()).toBe("Ships");
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
    const rows = await page.$$eval(".opblock-summary", (rows) =>
      rows.map((row) => (row as unknown as { innerText: string }).innerText),
    );
    expect(rows.map((row) => row.replaceAll("\n", " "))).toEqual([
      "GET /me Returns the subject.",
      "GET /livez Liveness probe: the process runs.",
      "GET /readyz Readiness probe: the process can take requests.",
      "GET /ships Lists ships.",
      "POST /ships Builds a ship.",
    ]);
    expect(faults).toEqual([]);
  });

  it.each<[string, () => Promise<string>]>([
    ["at the root", () => listen(app(defineShips))],
    ["behind a proxy that removes a prefix", () => behindProxy(app(defineShips), "/a/b")],
    [
      "in a mounted app",
      async () => (await listen(express().use("/api", app(defineShips)))) + "/api",
    ],
  ])("sends requests to the service %s", async (_place, start) => {
    const url = await start();
    await page.goto(`${url}/docs/`);
    expect(page.url()).toBe(`${url}/docs`);
    await page.waitForSelector(GET);
    await unfold(GET);
    await execute(GET);
    await shows(responseOf(GET), "200");
    expect(asked.map((of) => of.url())).toContain(`${url}/ships`);
    expect(askedBeyond(url)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("sends an example by one click, and shows the response and a problem", async () => {
    await openShips();
    await unfold(POST);
    await execute(POST);
    await shows(responseOf(POST), "201");
    const response = responseOf(POST);
    expect(await textOf(response)).toContain(
      '"id": "1",\n  "name": "Ann",\n  "cargo": "Some text"',
    );
    await page.locator(`${POST} textarea`).click();
    await page.keyboard.down("Control");
    await page.keyboard.press("A");
    await page.keyboard.up("Control");
    await page.keyboard.type('{ "name": "" }');
    await execute(POST);
    await shows(response, "422");
    expect(await textOf(response)).toContain(
      '"pointer": "/name",\n      "detail": "must have at least 1 character"',
    );
  });

  it("uploads a file, and shows the response's headers", async () => {
    const url = await listen(app(definePhotos));
    await page.goto(`${url}/docs`);
    const upload = ".opblock-post";
    await page.waitForSelector(upload);
    await unfold(upload);
    await page.waitForSelector(`${upload} .responses-table`);
    expect(await textOf(`${upload} .responses-table`)).toContain("Where it is.");
    const found: unknown = await page.waitForSelector(`${upload} input[type=file]`);
    const input = found as { uploadFile: (path: string) => Promise<void> };
    const file = join(emptyFolder(), "anchor.png");
    writeFileSync(file, Buffer.from("\x89PNG\r\n\x1a\n", "latin1"));
    await input.uploadFile(file);
    await execute(upload);
    await shows(responseOf(upload), "201");
    expect(await textOf(responseOf(upload))).toContain('"anchor.png"');
    expect(faults).toEqual([]);
  });

  it("explains each route's problems and their members", async () => {
    await openShips();
    await unfold(POST);
    await page.waitForSelector(`${POST} .responses-table`);
    const documented = await textOf(`${POST} .responses-table`);
    expect(documented).toContain("Some fields are not valid; errors lists them.");
    expect(documented).toContain('"title": "Unprocessable Entity"');
    expect(documented).toContain("The body is not JSON.");
    await page.locator(".models .json-schema-2020-12-expand-deep-button").click();
    await shows(".models", "The id of the request in the log.");
  });

  it("can be used with the keyboard alone", async () => {
    await openShips();
    const tabTo = async (selector: string) => {
      for (let presses = 0; presses < 100; presses++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`))
          return;
      }
      throw new Error(`Tab does not reach ${selector}`);
    };
    await tabTo(`${POST} .opblock-summary-control`);
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${POST} .execute`);
    await tabTo(`${POST} .execute`);
  });

  it("fits into a window of 320 pixels", async () => {
    await page.setViewport({ width: 320, height: 700 });
    await openShips();
    for (const operation of [GET, POST, ME]) await unfold(operation);
    await execute(POST);
    await shows(responseOf(POST), "201");
    // Everything is visible, and nothing overflows.
    await page.waitForFunction("document.documentElement.scrollWidth <= innerWidth");
  });

  it.each(["light", "dark"])("has enough contrast in the %s color scheme", async (scheme) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await openShips();
    await unfold(POST);
    const isDark = "getComputedStyle(document.documentElement).colorScheme === 'dark'";
    expect(await page.evaluate(isDark)).toBe(scheme === "dark");
    const texts = [".info .title", `${POST} .opblock-summary-description`, `${POST} textarea`];
    for (const selector of texts) {
      await page.waitForSelector(selector);
      const ratio = await page.evaluate(`(${CONTRAST})(${JSON.stringify(selector)})`);
      expect(ratio).toBeGreaterThan(4.5);
    }
  });

  it("sends the entered token until the page is closed", async () => {
    await openShips();
    await unfold(ME);
    await execute(ME);
    await shows(responseOf(ME), "401");
    await page.locator(".scheme-container .authorize").click();
    await page.waitForSelector(".modal-ux input");
    await page.type(".modal-ux input", "ann");
    await page.locator(".modal-ux .authorize").click();
    await page.waitForSelector(".modal-ux .btn-done");
    await page.locator(".modal-ux .btn-done").click();
    await page.waitForSelector(".modal-ux", { hidden: true });
    await execute(ME);
    await shows(responseOf(ME), "200");
    expect(await textOf(responseOf(ME))).toContain('"ann"');

    // The URL names the open operation.
    await page.reload();
    await page.waitForSelector(`${ME} .execute`);
    await execute(ME);
    await shows(responseOf(ME), "401");
    expect(await page.evaluate("localStorage.length + sessionStorage.length")).toBe(0);
  });

  it.each([
    ["with its policy", false],
    ["even without its policy", true],
  ])("escapes names, descriptions, examples and responses, %s", async (_how, isBypassed) => {
    await page.setBypassCSP(isBypassed);
    const url = await listen(app(defineWicked));
    const POST = "#operations-wicked-postWicked";
    await open(url, POST);
    await unfold(POST);
    for (const model of await page.$$(".json-schema-2020-12-accordion")) await click(model);
    await execute(POST);
    await shows(responseOf(POST), "200");
    expect(await page.title()).toBe(WICKED.replaceAll("\n", " "));
    expect(await page.evaluate("'injected' in window")).toBe(false);
    const active = "script:not([src]), iframe, form, style, [onerror], [href^='javascript:']";
    expect(await page.$$eval(`#api :is(${active})`, (all) => all.map(String))).toEqual([]);
    if (isBypassed) return;
    // The policy blocks what the page would load from elsewhere.
    const kept = faults.filter((fault) =>
      fault.includes("'https://elsewhere.test/seen.png' violates"),
    );
    expect(kept.length).toBeGreaterThan(0);
    expect(askedBeyond(url)).toHaveLength(kept.length);
  });
});

const click = (element: ElementHandle) =>
  element.evaluate((of) => (of as unknown as { click(): void }).click());

/** The contrast of text to its background. @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const CONTRAST = `(selector) => {
  const element = document.querySelector(selector);
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color)
      .map((channel) => channel / 255)
      .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const isOpaque = (color) => (channels(color)[3] ?? 1) === 1;
  let behind = element;
  const colorOf = (of) => getComputedStyle(of).backgroundColor;
  while (behind.parentElement && !isOpaque(colorOf(behind))) behind = behind.parentElement;
  const background = isOpaque(colorOf(behind)) ? colorOf(behind) : "rgb(255, 255, 255)";
  const [darker, lighter] = [getComputedStyle(element).color, background].map(luminance).toSorted();
  return (lighter + 0.05) / (darker + 0.05);
}`;
