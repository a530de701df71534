import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import {
  asServer,
  atEnd,
  startMigratedPostgres,
  startSource,
  type TestServer,
} from "berth/testing";
import { startService } from "../../support/service";

/** Starts the built feed process on a free port, attached to notes at this address. */
async function startFeed(NOTES_URL: string): Promise<TestServer> {
  const feed = startSource("src/feed.ts", { PORT: "0", NOTES_URL });
  atEnd(() => feed.stop());
  return asServer(feed);
}

describe("the feed process", () => {
  it("shows the notes of the web process, and both log the same request and trace", async () => {
    const { url } = await startMigratedPostgres();
    const web = await startService({ DATABASE_URL: url });
    const feed = await startFeed(web.url);
    await fetch(`${web.url}/notes`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title: "Ropes & lines", body: "" }),
    });
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const headers = { "X-Request-Id": "find-me", traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const res = await fetch(`${feed.url}/notes.atom`, { headers });
    expect(await res.text()).toContain("<title>Ropes &#38; lines</title>");
    for (const process of [web, feed]) {
      await process.line(/find-me/);
      const logged = process.lines.filter((text) => text.includes("find-me"));
      expect(logged.map((text) => JSON.parse(text) as object)).toEqual([
        expect.objectContaining({ requestId: "find-me", traceId, status: 200 }),
      ]);
    }
    expect(await (await fetch(`${feed.url}/readyz`)).json()).toEqual({
      status: "ok",
      checks: { notes: "ok" },
    });
    const document = await fetch(`${feed.url}/openapi.json`);
    if (document.status === 404) return; // without a documentation page
    const atom = { "application/atom+xml": { schema: { type: "string" } } };
    expect(await document.json()).toMatchObject({
      info: { title: expect.stringMatching(/ feed$/) as string },
      paths: { "/notes.atom": { get: { responses: { 200: { content: atom } } } } },
    });
  });

  it("finishes a response that needs the notes after SIGTERM, and then closes their connection", async () => {
    const events: string[] = [];
    const notes = createServer().listen(0, "127.0.0.1");
    await once(notes, "listening");
    atEnd(async () => {
      notes.close();
      await once(notes, "close");
    });
    const connected = once(notes, "connection") as Promise<[Socket]>;
    const asked = once(notes, "request") as Promise<[unknown, ServerResponse]>;
    const feed = await startFeed(`http://127.0.0.1:${(notes.address() as AddressInfo).port}`);
    const responded = fetch(`${feed.url}/notes.atom`).then((res) => {
      events.push(`got ${res.status}`);
    });
    const [socket] = await connected;
    const letGo = once(socket, "close").then(() => events.push("let go"));
    const [, first] = await asked;
    feed.child.kill("SIGTERM");
    await feed.line(/draining/);
    const askedAgain = once(notes, "request") as Promise<[unknown, ServerResponse]>;
    first.writeHead(503, { "Retry-After": "0" }).end();
    const [, second] = await askedAgain;
    second.writeHead(200, { "Content-Type": "application/json" }).end("[]");
    await Promise.all([responded, letGo]);
    expect(events).toEqual(["got 200", "let go"]);
    expect(await feed.exit).toBe(0);
  });

  it("does not start without NOTES_URL, and names it", async () => {
    const feed = startSource("src/feed.ts", { PORT: "0" });
    expect(await feed.exit).toBe(1);
    expect(feed.stderr()).toContain("NOTES_URL: expected http://host:port or https://host");
  });
});
