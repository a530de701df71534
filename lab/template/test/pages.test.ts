// The guestbook of docs/pages.md, typed into a copy of the service and used in a browser.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startCommand,
  startTestPostgres,
  stopProcesses,
  type TestPostgres,
  type TestProcess,
  untilListening,
} from "berth/testing";
import {
  describeWithBrowser,
  openBrowser,
  TEST_HOSTS,
} from "../../../packages/berth/test/support/browser";
import { buildService, copyService, insertCode, typeIn } from "../service-copy";

type Browser = Awaited<ReturnType<typeof openBrowser>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

const root = join(__dirname, "../../..");
const guide = readFileSync(join(root, "docs/pages.md"), "utf8");
const SESSION_SECRET = "0123456789abcdef".repeat(2);

/** Text that would show itself if it were not escaped. */
const HOSTILE = `"'></textarea></b><script>injected = 1</script><img src="x" onerror="injected = 1">`;

describeWithBrowser("the guestbook of docs/pages.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "pages "));
  let postgres: TestPostgres;
  let web: TestProcess;
  let port: number;
  let browser: Browser;
  let page: Page;

  const run = (file: string, env: Record<string, string> = {}) =>
    startCommand([process.execPath, file], { ...env, DATABASE_URL: postgres.url }, folder);

  beforeAll(async () => {
    typePage(folder);
    buildService(folder);
    postgres = await startTestPostgres();
    const release = run("dist/migrate.js");
    if ((await release.exit) !== 0) throw new Error(release.lines.join("\n"));
    web = run("dist/server.js", { PORT: "0", SESSION_SECRET });
    port = await untilListening(web);
    browser = await openBrowser(TEST_HOSTS);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await stopProcesses();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
  });
  afterEach(() => page.close());

  const open = () => page.goto(`http://lan.test:${port}/guestbook`);
  const press = async () =>
    (await Promise.all([page.waitForNavigation(), page.click("button")]))[0];
  const textsOf = (selector: string) =>
    page.$$eval(selector, (all) =>
      all.map((one) => (one as unknown as { textContent: string }).textContent),
    );
  const valueOf = (selector: string) =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)}).value`);

  it("shows what is wrong beside its field, and keeps what was typed", async () => {
    await open();
    await page.type("textarea", `\n${HOSTILE}`);
    expect((await press())?.status()).toBe(422);
    expect(await textsOf(".error")).toEqual(["must have at least 1 character"]);
    const describing = await page.$eval("[aria-invalid]", (of) =>
      (of as unknown as { getAttribute(name: string): string }).getAttribute("aria-describedby"),
    );
    expect(await textsOf(`#${describing}`)).toEqual(["must have at least 1 character"]);
    const color = "getComputedStyle(document.querySelector('.error')).color";
    expect(await page.evaluate(color)).toBe("rgb(170, 0, 0)");
    expect(await valueOf("textarea")).toBe(`\n${HOSTILE}`);
    expect(await page.evaluate("'injected' in window")).toBe(false);
  });

  it("stores an entry, shows it escaped, and says so once", async () => {
    await open();
    await page.type("input", "Ann");
    await page.type("textarea", HOSTILE);
    const response = await press();
    expect([response?.status(), page.url()]).toEqual([200, `http://lan.test:${port}/guestbook`]);
    expect(await textsOf("[role=status]")).toEqual(["Thank you!"]);
    expect(await textsOf("form ~ p")).toEqual([`Ann: ${HOSTILE}`]);
    expect(await page.evaluate("'injected' in window")).toBe(false);
    await open();
    expect(await textsOf("[role=status]")).toEqual([]);
    const cookies = await browser.cookies();
    expect(cookies).toMatchObject([
      { name: "my-service.session", httpOnly: true, sameSite: "Lax", secure: false, session: true },
    ]);
  });

  it("responds to a forged form with a problem, and to a program as to its own form", async () => {
    const send = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/guestbook`, {
        method: "POST",
        headers,
        body: new URLSearchParams({ name: "Bob", message: "Ahoy" }),
        redirect: "manual",
      });
    const forged = await send({ Origin: "https://evil.test" });
    expect([forged.status, forged.headers.get("Content-Type")]).toEqual([
      403,
      "application/problem+json; charset=utf-8",
    ]);
    const own = await send({});
    expect([own.status, own.headers.get("Location")]).toEqual([303, "./guestbook"]);
  });

  it("does not start without a secret, and names it", async () => {
    const other = run("dist/server.js", { PORT: "0" });
    expect(await other.exit).toBe(1);
    expect(other.stderr()).toContain("SESSION_SECRET: expected 32 random characters or more");
  });

  it("keeps sessions when the process is replaced", async () => {
    await open();
    await page.type("input", "Ann");
    await page.type("textarea", "Back soon");
    await page.setRequestInterception(true);
    // The redirect is not followed before another process serves the port.
    let follow: () => void = () => undefined;
    const isFollowed = new Promise<void>((resolve) => {
      page.on("request", (request) => {
        const isRedirect = request.redirectChain().length > 0;
        if (isRedirect) follow = () => void request.continue().then(resolve);
        else void request.continue();
        if (isRedirect) void replace().then(() => follow());
      });
    });
    const replace = async () => {
      web.child.kill("SIGTERM");
      expect(await web.exit).toBe(0);
      web = run("dist/server.js", { PORT: String(port), SESSION_SECRET });
      await untilListening(web);
    };
    await Promise.all([press(), isFollowed]);
    expect(await textsOf("[role=status]")).toEqual(["Thank you!"]);
  });
});

/** Copies the service and adds the page's blocks, each in the file that its first line names. */
function typePage(folder: string): void {
  copyService(folder, ["tsconfig.build.json"]);
  const blocks = [...guide.matchAll(/```\w+\n(?:\/\/|\/\*) (src\/\S+)(?: \*\/)?\n([^]*?)```/g)];
  expect(blocks.map(([, path]) => path)).toEqual([
    "src/config.ts",
    "src/routes.ts",
    "src/features/guestbook/router.ts",
    "src/features/guestbook/page.ts",
    "src/public/app.css",
    "src/middleware/require-user.ts",
  ]);
  for (const [, path = "", code = ""] of blocks) {
    typeIn(folder, path, code, insert);
  }
  const sql = /```sql\n([^]*?)```/.exec(guide)?.[1] ?? "";
  const migrations = join(folder, "src/features/guestbook/migrations");
  mkdirSync(migrations);
  writeFileSync(
    join(migrations, "20261201000000_create-guestbook.ts"),
    `import type { MigrationBuilder } from "berth/migrate";\n` +
      `export const up = (pgm: MigrationBuilder): void => void pgm.sql(\`${sql}\`);\n`,
  );
}

/** Adds variables to the configuration; in other files as all pages do. */
function insert(text: string, code: string): string {
  const variables = /\.\.\.sessionVariables/.exec(code)?.[0];
  if (variables !== undefined) {
    return `import { sessionVariables } from "berth/config";\n${text.replace(
      "...postgresVariables,",
      (own) => `${own}\n  ${variables},`,
    )}`;
  }
  return insertCode(text, code);
}
