// Pages in a real browser: what it sends and refuses, above all at plain HTTP, where it does not trust the service.
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Router } from "express";
import type { Browser, Page } from "puppeteer-core";
import { createAssets } from "../../src/pages/assets";
import { checkForm } from "../../src/pages/check-form";
import { crossOriginProtection } from "../../src/pages/cross-origin";
import { html, sendHtml } from "../../src/pages/html";
import { object, text } from "../../src/schema/fields";
import { createTestApp } from "../../src/testing/app";
import { describeWithBrowser, openBrowser, TEST_HOSTS } from "../support/browser";

const folder = mkdtempSync(join(tmpdir(), "pages "));
const FILES = {
  "app.css": "h1 { color: rgb(1, 2, 3) }",
  "app.js": "document.body.dataset.script = 'ran';",
  "img/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"></svg>',
};
for (const [name, content] of Object.entries(FILES)) {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** What the service has been sent, and its responses. */
let received: unknown[];
let statuses: string[];

function define(router: Router): void {
  const { asset, serveAssets } = createAssets({ folder });
  router.use((req, res, next) => {
    statuses.push(req.method);
    const index = statuses.length - 1;
    res.on("finish", () => (statuses[index] += ` ${res.statusCode}`));
    next();
  });
  const shared = createAssets({ folder, path: "/shared", isShared: true });
  router.use(serveAssets, shared.serveAssets, crossOriginProtection());
  router.get("/", (_req, res) => {
    const page = html`<link rel="stylesheet" href="${asset("app.css")}" />
      <h1>${received.length}</h1>
      <form method="post"><input name="text" /><button>Send</button></form>
      <img src="${asset("img/dot.svg")}" />
      <script src="${asset("app.js")}"></script>`;
    sendHtml(res, page);
  });
  router.post("/", async (req, res) => {
    const form = await checkForm(object({ text: text(0, 1000) }), req);
    received.push(form.values.text);
    sendHtml(res, html`<h1>${form.values.text}</h1>`);
  });
}

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(folder, { recursive: true });
});

/** Resolves with the port. */
async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Text that would show itself if it were not escaped. */
const HOSTILE = `"'><script>injected = 1</script><img src="x" onerror="injected = 1"></h1>`;

describeWithBrowser("pages, in a browser", () => {
  let browser: Browser;
  let page: Page;
  let port: number;
  /** Of the other site, whose page has this content. */
  let otherPort: number;
  let content: string;

  beforeAll(async () => {
    browser = await openBrowser(TEST_HOSTS);
    port = await listen(createTestApp(define).app);
    otherPort = await listen((_req, res) => {
      res.writeHead(200, { "Content-Type": "text/html" }).end(content);
    });
  }, 60_000);
  afterAll(() => browser.close());
  beforeEach(async () => {
    [received, statuses] = [[], []];
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
  });
  afterEach(() => page.close());

  const press = () => Promise.all([page.waitForNavigation(), page.click("button")]);
  const textOf = (selector: string) =>
    page.$eval(selector, (element) => (element as unknown as { textContent: string }).textContent);
  const heading = () => textOf("h1");

  it.each(["lan.test", "localhost", "127.0.0.1"])(
    "have styles, scripts, images and forms at http://%s",
    async (host) => {
      await page.goto(`http://${host}:${port}/`);
      const color = await page.evaluate("getComputedStyle(document.querySelector('h1')).color");
      expect(color).toBe("rgb(1, 2, 3)");
      expect(await page.evaluate("document.body.dataset.script")).toBe("ran");
      expect(await page.evaluate("document.querySelector('img').naturalWidth")).toBe(7);
      await page.type("input", HOSTILE);
      await press();
      expect([received, await heading()]).toEqual([[HOSTILE], HOSTILE]);
      expect(await page.evaluate("'injected' in window")).toBe(false);
    },
  );

  it.each([
    ["other.test", "lan.test"],
    ["lan.test", "localhost"],
    ["www.lan.test", "lan.test"],
    ["lan.test", "lan.test"],
  ])(
    "take no form that another origin's page has, from http://%s to http://%s",
    async (from, to) => {
      content = `<form method="post" action="http://${to}:${port}/"><input name="text" value="forged"><button></button></form>`;
      await page.goto(`http://${from}:${otherPort}/`);
      const [response] = await press();
      expect([page.url(), response?.status()]).toEqual([`http://${to}:${port}/`, 403]);
      expect(received).toEqual([]);
    },
  );

  it("take no request that another origin's script sends", async () => {
    content = "";
    await page.goto(`http://other.test:${otherPort}/`);
    const body = "new URLSearchParams({ text: 'forged' })";
    const sent = `fetch("http://lan.test:${port}/", { method: "POST", mode: "no-cors", body: ${body} })`;
    // The script cannot read the response.
    expect(await page.evaluate(`${sent}.catch(({ name }) => name)`)).toBe("TypeError");
    expect([statuses, received]).toEqual([["POST 403"], []]);
  });

  it.each([
    ["no images with another origin's page", "assets", 0],
    ["images that are opened with another origin's page", "shared", 7],
  ])("share %s", async (_what, path, width) => {
    content = `<img src="http://lan.test:${port}/${path}/img/dot.svg">`;
    await page.goto(`http://other.test:${otherPort}/`);
    expect(await page.evaluate("document.querySelector('img').naturalWidth")).toBe(width);
  });

  it("ask for a file once", async () => {
    const asked: string[] = [];
    page.on("response", (of) => {
      if (!of.fromCache()) asked.push(new URL(of.url()).pathname.replace(/\.[\da-f]{12}/, ""));
    });
    await page.goto(`http://lan.test:${port}/`);
    await page.goto("about:blank");
    await page.goto(`http://lan.test:${port}/`);
    expect(asked.filter((path) => path === "/")).toHaveLength(2);
    expect(asked.filter((path) => path === "/assets/app.css").length).toBeLessThanOrEqual(1);
  });
});
