import type { RequestListener } from "node:http";
import type { Express } from "express";
import request from "supertest";
import { attachServices } from "berth/backing";
import { readEnvironment } from "berth/config";
import { atEnd, createTestLogger, problem, startUpstream } from "berth/testing";
import { createApp } from "../../../src/app";
import { feedVariables } from "../../../src/config";
import { attachNotes } from "../../../src/features/feed/notes";
import { createFeedRouter } from "../../../src/features/feed/router";

const about = { name: "test", version: "1.2.3" };

/** The feed's app, unbound, attached to notes at this address. */
function createFeedApp(NOTES_URL: string): Express {
  const { logger } = createTestLogger();
  const config = readEnvironment(feedVariables, { NOTES_URL });
  const { attached, services } = attachServices(
    { notes: attachNotes },
    { config, logger, name: "test" },
  );
  atEnd(() => attached.notes!.close());
  return createApp({
    config,
    logger,
    draining: new AbortController().signal,
    attached,
    mountRoutes: (to) => to.use(createFeedRouter({ ...services, about })),
  });
}

const json = (body: unknown, status = 200): RequestListener => {
  return (_req, res) => {
    res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
};

const html: RequestListener = (_req, res) => void res.end("<html>");

const NOTE = {
  id: "1",
  title: "Knots",
  body: "Over,\nunder",
  createdAt: "2026-11-01T12:00:00.000Z",
  updatedAt: "2026-11-02T12:00:00.000Z",
};

const feedOf = async (listener: RequestListener) =>
  request(createFeedApp((await startUpstream(listener)).url))
    .get("/notes.atom")
    .buffer();

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const upstream = await startUpstream(() => undefined);
  await upstream.stop();
  return upstream.url;
}

describe("GET /notes.atom", () => {
  it("responds with the latest notes as an Atom feed", async () => {
    const later = { ...NOTE, id: "2", title: "Later", body: "", likes: 3 };
    const { url, requests } = await startUpstream(json([later, NOTE]));
    const res = await request(createFeedApp(url)).get("/notes.atom").buffer();
    expect(requests).toMatchObject([{ method: "GET", url: "/notes?limit=20" }]);
    expect([res.status, res.headers["content-type"]]).toEqual([
      200,
      "application/atom+xml; charset=utf-8",
    ]);
    const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}";
    expect(res.text.replaceAll(new RegExp(uuid, "g"), "UUID")).toBe(
      [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        "<id>urn:uuid:UUID</id><title>Notes</title><updated>2026-11-02T12:00:00.000Z</updated>",
        '<author><name>test</name></author><link rel="self" href="./notes.atom"></link>',
        "<entry><id>urn:uuid:UUID</id><title>Later</title>",
        "<published>2026-11-01T12:00:00.000Z</published>",
        "<updated>2026-11-02T12:00:00.000Z</updated><content></content></entry>",
        "<entry><id>urn:uuid:UUID</id><title>Knots</title>",
        "<published>2026-11-01T12:00:00.000Z</published>",
        "<updated>2026-11-02T12:00:00.000Z</updated><content>Over,&#10;under</content></entry>",
        "</feed>\n",
      ].join(""),
    );
  });

  it("gives each note an id of its own, which stays when the notes move and change", async () => {
    const later = { ...NOTE, id: "2" };
    const ids = async (notes: object[]) => {
      const xml = (await feedOf(json(notes))).text;
      return [...xml.matchAll(/<id>(.+?)<\/id>/g)].map(([, id]) => id);
    };
    const [feed, first, second] = await ids([later, NOTE]);
    expect(new Set([feed, first, second]).size).toBe(3);
    const changed = { ...NOTE, title: "Splices", updatedAt: "2026-11-03T12:00:00Z" };
    expect(await ids([changed])).toEqual([feed, second]);
  });

  it("is a feed without entries when there are no notes", async () => {
    const xml = (await feedOf(json([]))).text;
    expect(xml).toContain("<updated>1970-01-01T00:00:00.000Z</updated>");
    expect(xml).not.toContain("<entry>");
  });

  it("responds 304 to a client that has it already", async () => {
    const app = createFeedApp((await startUpstream(json([NOTE]))).url);
    const { etag = "" } = (await request(app).get("/notes.atom")).headers;
    const res = await request(app).get("/notes.atom").set("If-None-Match", etag);
    expect([res.status, res.text]).toEqual([304, ""]);
  });

  it.each([
    ["markup", `<b>&"']]>`, "&#60;b&#62;&#38;&#34;']]&#62;"],
    ["ends of lines", "a\r\nb\tc", "a&#13;&#10;b&#9;c"],
    ["what XML cannot hold", "\0\b\u001b[1m\ufffe\uffff", "\ufffd\ufffd\ufffd[1m\ufffd\ufffd"],
    ["halves of surrogate pairs", "\ud83d|\ude00|😀", "\ufffd|\ufffd|😀"],
    ["what looks escaped", "&lt;&#0;", "&#38;lt;&#38;#0;"],
  ])("writes %s in a title as text", async (_what, title, written) => {
    const xml = (await feedOf(json([{ ...NOTE, title }]))).text;
    expect(/<title>([^<]*)<\/title><published>/.exec(xml)?.[1]).toBe(written);
  });
});

describe("GET /notes.atom without its notes", () => {
  /** Sends a deadline of two seconds, because the client's own timeout is longer. */
  const ask = (url: string) =>
    request(createFeedApp(url))
      .get("/notes.atom")
      .set({ "X-Request-Id": "find-me", "X-Envoy-Expected-Rq-Timeout-Ms": "2000" });

  const failure = (status: number, title: string, detail: string) => [
    status,
    "application/problem+json",
    { ...problem(status, title, { detail: `The notes service ${detail}.` }), requestId: "find-me" },
  ];

  it("responds 503 with Retry-After while nothing listens", async () => {
    const res = await ask(await nobody());
    expect([res.status, res.type, JSON.parse(res.text)]).toEqual(
      failure(503, "Service Unavailable", "is not available at the moment"),
    );
    expect(res.headers["retry-after"]).toBe("5");
  });

  it.each([
    ["another shape", json([{ ...NOTE, title: 1 }]), "sent a response of an unexpected shape"],
    ["no time", json([{ ...NOTE, updatedAt: "soon" }]), "sent a response of an unexpected shape"],
    ["no JSON", html, "sent a response that is not JSON"],
    ["an error", json({ detail: "secret" }, 500), "responded with 500"],
  ])("responds 502 to a response with %s", async (_what, listener, detail) => {
    const res = await ask((await startUpstream(listener)).url);
    expect([res.status, res.type, JSON.parse(res.text)]).toEqual(
      failure(502, "Bad Gateway", detail),
    );
  });

  it("responds 504 when no response comes", async () => {
    const res = await ask((await startUpstream(() => undefined)).url);
    expect([res.status, res.type, JSON.parse(res.text)]).toEqual(
      failure(504, "Gateway Timeout", "did not respond in time"),
    );
  });

  it("stays ready, and says what is wrong", async () => {
    const res = await request(createFeedApp(await nobody())).get("/readyz");
    expect([res.status, res.body]).toEqual([200, { status: "ok", checks: { notes: "failed" } }]);
  });
});

describe("NOTES_URL", () => {
  it.each([
    [undefined, "expected http://host:port or https://host; it is not set. Set it, for example"],
    [
      "localhost:5000",
      "expected http://host:port or https://host, with or without a path; its value is not shown",
    ],
    ["ftp://a", "expected http://host:port"],
    ["http://user:password@a", "expected no user, query or fragment"],
  ])("is refused as %j with its cure", (NOTES_URL, message) => {
    expect(() => readEnvironment(feedVariables, { NOTES_URL })).toThrow(`NOTES_URL: ${message}`);
  });
});
