import request from "supertest";
import { contextsOf } from "../../src/pages/html-contexts";
import { html, type HtmlValue, sendHtml, trustedHtml } from "../../src/pages/html";
import { createTestApp } from "../../src/testing/app";

/** By another name, so that Prettier does not correct the templates. */
const template = html;

/** Ends every construct of HTML that a value may stand in. */
const HOSTILE = `"'\`><script>alert(1)</script><img src=x onerror=alert(1)>--></textarea></title>&amp;`;
const ESCAPED =
  "&quot;&#39;&#96;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;--&gt;&lt;/textarea&gt;&lt;/title&gt;&amp;amp;";

describe("html", () => {
  it("escapes text wherever it may stand", () => {
    const page = html`<title>${HOSTILE}</title>
      <p title="${HOSTILE}" data-x="${HOSTILE}">${HOSTILE}</p>
      <textarea>${HOSTILE}</textarea>`;
    expect(String(page).split(ESCAPED)).toHaveLength(6);
    expect(String(page)).not.toContain("<script");
    expect(String(page)).not.toContain("<img");
  });

  it("keeps what is HTML already, and joins lists", () => {
    const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
    expect(String(template`<ul>${items}</ul>`)).toBe("<ul><li>a</li><li>&lt;b&gt;</li></ul>");
    expect(String(html`<p>${trustedHtml("<hr>")}</p>`)).toBe("<p><hr></p>");
  });

  it("shows numbers, and nothing for false, null and undefined", () => {
    expect(String(html`${0}${12n}${-1.5}|${false}${null}${undefined}|${[]}`)).toBe("012-1.5||");
  });

  it("does not let HTML out of an attribute", () => {
    expect(String(html`<p title="${trustedHtml('"><hr>')}"></p>`)).toBe(
      '<p title="&quot;&gt;&lt;hr&gt;"></p>',
    );
  });

  it("takes attributes that are HTML between others", () => {
    const isOpen = true as boolean;
    expect(String(html`<details ${isOpen && html`open`} class="x">${1}</details>`)).toBe(
      '<details open class="x">1</details>',
    );
    expect(() => html`<details ${HOSTILE}></details>`).toThrow(
      "A value between attributes must be",
    );
  });

  it.each([
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "x:y",
    ":x",
  ])("leads nowhere instead of to %j", (url) => {
    expect(String(html`<a href="${url}">x</a>`)).toBe('<a href="about:blank">x</a>');
    expect(String(html`<a href=" ${url}">x</a>`)).toBe('<a href=" about:blank">x</a>');
    expect(String(template`<form ACTION='${url}'></form>`)).toBe(
      "<form ACTION='about:blank'></form>",
    );
  });

  it("leads nowhere by a scheme in two values", () => {
    const [scheme, rest] = ["javascript", ":alert(1)"];
    expect(String(html`<a href="${scheme}${rest}">x</a>`)).toBe(
      '<a href="javascriptabout:blank">x</a>',
    );
  });

  it.each([
    "/notes?page=2&x=javascript:y",
    "notes/7",
    "#a:b",
    "https://example.org/",
    "mailto:ann@example.org",
    "data:image/png;base64,AAAA",
  ])("leads to %s", (url) => {
    expect(String(html`<a href="${url}">x</a>`)).toBe(
      `<a href="${url.replaceAll("&", "&amp;")}">x</a>`,
    );
  });

  it.each<[string, () => unknown]>([
    ["a script", () => template`<script>let x = "${"y"}";</script>`],
    ["a style", () => template`<style>p { color: ${"red"} }</style>`],
    ["a comment", () => template`<!-- ${"y"} -->`],
    ["an attribute without quotes", () => template`<p title=${"y"}></p>`],
    ["the rest of one", () => template`<p title=a${"y"}></p>`],
    ["a tag's name", () => template`<h${1}></h1>`],
    ["a tag's whole name", () => template`<${"p"}>`],
    ["the name of an end tag", () => template`<p></${"p"}>`],
    ["an attribute's name", () => template`<p data-${"x"}="y"></p>`],
    ["an event handler", () => template`<p ONCLICK = 'f("${"y"}")'></p>`],
    ["a style attribute", () => template`<p style="color: ${"red"}"></p>`],
    ["a page in an attribute", () => template`<iframe srcdoc="${"y"}"></iframe>`],
  ])("refuses a value in %s", (_place, make) => {
    expect(make).toThrow(/^A value after ".*" stands in/);
  });

  it.each<[string, () => unknown]>([
    ["a tag", () => template`<p title="x"`],
    ["an attribute", () => template`<p title="x`],
    ["a comment", () => template`<!-- x`],
    ["<script>", () => template`<script>x`],
  ])("refuses a template that ends inside of %s", (place, make) => {
    expect(make).toThrow(`The template ends inside of ${place}.`);
  });

  it.each<[string, () => unknown]>([
    ["data- contains an end tag", () => template`<p data-='</title>'>${1}`],
    ["<textarea> contains a <", () => template`<textarea><p title='</textarea>'>${1}`],
    ["<style> contains a <", () => template`<svg><style><g a=b></style></svg>`],
    ["<script> cannot stand here", () => template`<svg><SCRIPT></script></svg>`],
    ["<plaintext> cannot stand here", () => template`<plaintext>`],
    ["CDATA is text for some browsers only", () => template`<svg><![CDATA[ x ]]></svg>`],
    ["<p> has a quote that opens nothing", () => template`<p a=b"c="${"y"}">`],
  ])("refuses what browsers read in different ways: %s", (message, make) => {
    expect(make).toThrow(message);
  });

  it("refuses what is not text, with the cure for promises", () => {
    const show = (value: unknown) => () => html`<p>${value as HtmlValue}</p>`;
    expect(show(Promise.resolve("x"))).toThrow("a promise: await it");
    expect(show({})).toThrow("A template cannot show a value of type object.");
    expect(show(true)).toThrow("A template cannot show a value of type boolean.");
    expect(show(() => "x")).toThrow("A template cannot show a value of type function.");
  });
});

describe("contextsOf", () => {
  const placesOf = (...strings: string[]) => contextsOf(strings).map(({ place }) => place);

  it("knows text from tags", () => {
    expect(placesOf("a < b && <!doctype html><p>", " <br/>", "</p>")).toEqual(["text", "text"]);
    expect(placesOf("<p a b='>' c = \"<\" d=e ", ">", "")).toEqual(["tag", "text"]);
    expect(placesOf("<p a='\"", "' b=\"'", '">')).toEqual(["attribute", "attribute"]);
    expect(placesOf("<script src='", "'></script>", "")).toEqual(["attribute", "text"]);
    expect(placesOf("<script>if (a</b/) '</p>'</SCRIPT >", "")).toEqual(["text"]);
    expect(placesOf("<!-- <p title=' -->", "<!--><br>", "")).toEqual(["text", "text"]);
    expect(placesOf("<svg><title>", "</title><g x='", "'/></svg><script></script>", "")).toEqual([
      "text",
      "attribute",
      "text",
    ]);
    expect(placesOf("<textarea title='", "'>", "</textarea>")).toEqual(["attribute", "text"]);
  });
});

describe("sendHtml", () => {
  const { app } = createTestApp((router) => {
    router.get("/own", (_req, res) => sendHtml(res, html`<p>Ahoy ✓</p>`));
    router.get("/shared", (_req, res) => {
      sendHtml(res.set("Cache-Control", "public, max-age=60"), html`<p></p>`);
    });
  });

  it("responds with a page that is nobody else's", async () => {
    const { status, text, headers } = await request(app).get("/own");
    expect([status, text]).toEqual([200, "<p>Ahoy ✓</p>"]);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "private, no-cache",
      "x-content-type-options": "nosniff",
    });
    const again = await request(app).get("/own").set("If-None-Match", String(headers.etag));
    expect(again.status).toBe(304);
  });

  it("keeps the route's own Cache-Control", async () => {
    const { headers } = await request(app).get("/shared");
    expect(headers["cache-control"]).toBe("public, max-age=60");
  });
});
