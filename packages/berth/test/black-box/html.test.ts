// Whatever a template is, and whatever is put into it: a browser finds the elements and attributes of the template alone.
import type { Browser } from "puppeteer-core";
import { html } from "../../src/pages/html";
import { describeWithBrowser, openBrowser } from "../support/browser";

/** What templates are made of here, well formed or not. */
const PIECES = [
  ...[
    "<p>",
    "</p>",
    "<p ",
    "<p",
    "text",
    " ",
    "\n",
    "/",
    ">",
    "/>",
    "=",
    '"',
    "'",
    "<",
    "</",
    "<!",
    "&",
  ],
  ...[' title="', " title='", ' data-x = "', " title=", " hidden", ' href="', "<a href='", "</a>"],
  ...["<!--", "-->", "--!>", "<!-->", "<!doctype html>", "<?", "<![CDATA[", "]]>"],
  ...["<title>", "</title>", "<textarea>", "</textarea>", "<style>", "</style>", "<noscript>"],
  ...["</noscript>", "<iframe>", "</iframe>", "<xmp>", "</xmp>", "<svg>", "</svg>", "<svg/>"],
  ...["<math>", "</math>", "<select>", "<table>", "<template>", "</template>", '">', "'>", '" '],
  ...["<script>", "</script>", "<SCRIPT src='", "a<b", "<img src='", "<!-- x -->", "<desc>"],
];

const HOSTILE = [
  " onerror=alert(1) x=",
  "><img src=x onerror=alert(1)>",
  `"><img src=x onerror=alert(1)>`,
  `'><img src=x onerror=alert(1)>`,
  "--><img src=x>--!><img src=x>]]><img src=x>",
  "</title></textarea></style></script></noscript></iframe></xmp></svg></math><img src=x>",
  "img src=x onerror=alert(1) ",
  "!--",
  "/p><img src=x>",
];

/** Numbers that are the same in each run. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const random = createRandom(1);
const oneOf = <T>(list: readonly T[]): T => list[random(list.length)] as T;
/** What may be read in two ways: an end in what looks like an attribute, and a value where it would have no quotes. */
const OPENED = [
  "<!-->",
  "<!--",
  "<title>",
  "<textarea>",
  "<style>",
  "<noscript>",
  "<iframe>",
  "<xmp>",
];
const ALSO_OPENED = [
  "<svg><style>",
  "<svg><script>",
  "<svg><title>",
  "<svg><![CDATA[",
  "<!doctype ",
];
const ENDS = ["-->", "--!>", "</title>", "</textarea>", "</style>", "</noscript>", "</iframe>"];
const ALSO_ENDS = ["</xmp>", "</svg>", "</script>", "]]>", ">"];
const trap = () =>
  oneOf([...OPENED, ...ALSO_OPENED]) +
  oneOf(["<p title='", "<g title='", "a='", ""]) +
  oneOf([...ENDS, ...ALSO_ENDS]) +
  oneOf(["<img src=", "' title=", "<img ", "' "]);

const some = () => Array.from({ length: random(5) }, () => oneOf(PIECES)).join("");

/** A template's HTML with one value everywhere; undefined if it is refused. */
function fill(strings: readonly string[], value: string): string | undefined {
  try {
    const template = Object.assign([...strings], { raw: strings });
    return String(html(template, ...strings.slice(1).map(() => value)));
  } catch (err) {
    if (err instanceof TypeError) return undefined;
    throw err;
  }
}

/** In the browser: the elements of a page, with the names of their attributes. */
const STRUCTURE = `(text) => {
  const outline = (node) => [...node.querySelectorAll("*")].map((of) => [
    of.localName, ...of.getAttributeNames(), of.content ? outline(of.content) : "",
  ]);
  return JSON.stringify(outline(new DOMParser().parseFromString(text, "text/html")));
}`;

describeWithBrowser("html, in a browser", () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await openBrowser()), 60_000);
  afterAll(() => browser.close());

  it("adds no element and no attribute, whatever is put into a template", async () => {
    const pairs: (readonly [harmless: string, hostile: string, template: string])[] = [];
    for (let tries = 0; tries < 60_000; tries++) {
      const strings = Array.from({ length: 2 + random(2) }, some);
      if (random(2) === 0) strings[0] = trap();
      if (random(4) === 0) strings[strings.length - 1] = oneOf([">", "'>", "-->", ""]);
      const harmless = fill(strings, "x");
      if (harmless === undefined) continue;
      const hostile = fill(strings, oneOf(HOSTILE)) ?? "refused";
      pairs.push([harmless, hostile, JSON.stringify(strings)]);
    }
    expect(pairs.length).toBeGreaterThan(3000);
    const page = await browser.newPage();
    const differs = `((pairs) => pairs.filter(([a, b]) => (${STRUCTURE})(a) !== (${STRUCTURE})(b)))`;
    const broken = await page.evaluate(`${differs}(${JSON.stringify(pairs)}).slice(0, 5)`);
    expect(broken).toEqual([]);
  }, 60_000);
});
