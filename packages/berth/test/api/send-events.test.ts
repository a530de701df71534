// Event streams over real connections.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import compression from "compression";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { setResponseChecks } from "../../src/api/response-checks";
import { type EventRequest, sendEvents } from "../../src/api/send-events";
import { messageClasses } from "../../src/express/messages";
import { type EventOf, eventStream } from "../../src/schema/event-stream";
import { id, object, text } from "../../src/schema/fields";
import { createTestApp } from "../../src/testing/app";
import { atEnd } from "../../src/testing/cleanup";
import { connectRaw } from "../../src/testing/raw-client";

const changes = eventStream({
  created: object({ id, title: text(1, 80) }),
  deleted: object({ id }),
});
type Change = EventOf<(typeof changes)["events"]>;
type Source = (request: EventRequest) => AsyncIterable<Change>;

async function serve(source: Source, options: { heartbeatMs?: number; retryMs?: number } = {}) {
  const draining = new AbortController();
  const ended: unknown[] = [];
  const responses: ServerResponse[] = [];
  const { app, log } = createTestApp(
    (router) => {
      router.get(
        "/",
        describeRoute({ summary: "Streams.", responses: { 200: changes } }),
        async (_req, res) => {
          responses.push(res);
          await sendEvents(res, changes, source, {
            draining: draining.signal,
            heartbeatMs: 60_000,
            ...options,
          }).finally(() => ended.push("ended"));
        },
      );
    },
    { middleware: [compression({ threshold: 0 })] },
  );
  setResponseChecks(app, { areMismatchesRefused: true, logger: { warn: () => undefined } });
  const server = createServer(messageClasses(app), app).listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  });
  const open = async (...headers: string[]) => {
    const client = await connectRaw((server.address() as AddressInfo).port);
    const head = ["GET / HTTP/1.1", "Host: t", "Accept-Encoding: gzip", ...headers];
    client.socket.write(`${head.join("\r\n")}\r\n\r\n`);
    return client;
  };
  return { open, draining, ended, responses, log };
}

/** A source that is controlled by a test. */
function controlled() {
  const events: Change[] = [];
  const state = { isClosed: false, taken: 0, wake: () => undefined as void };
  const requests: EventRequest[] = [];
  const source: Source = async function* (request) {
    requests.push(request);
    try {
      for (;;) {
        while (events.length === 0) await new Promise<void>((resolve) => (state.wake = resolve));
        state.taken++;
        yield events.shift() as Change;
      }
    } finally {
      state.isClosed = true;
    }
  };
  const emit = (event: Change) => {
    events.push(event);
    state.wake();
  };
  return { source, emit, state, requests };
}

describe("an event stream", () => {
  it("sends its head at once, and each event when it comes, uncompressed", async () => {
    const { source, emit } = controlled();
    const { open } = await serve(source, { retryMs: 500 });
    const client = await open();
    const head = await client.until(/\r\n\r\n/);
    expect(head).toMatch(/^HTTP\/1.1 200/);
    expect(head).toMatch(/\r\nContent-Type: text\/event-stream; charset=utf-8\r\n/);
    expect(head).toMatch(/\r\nCache-Control: no-store, no-transform\r\n/);
    expect(head).not.toMatch(/Content-Encoding/);
    emit({ event: "created", data: { id: "1", title: "An\nchor" }, id: "7" });
    await client.until(/event: created\nid: 7\ndata: \{"id":"1","title":"An\\nchor"\}\n\n/);
    emit({ event: "deleted", data: { id: "1" } });
    expect(await client.until(/event: deleted\ndata: \{"id":"1"\}\n\n/)).toContain(
      "retry: 500\n\n",
    );
  });

  it("ends when its source does", async () => {
    const { open, log } = await serve(async function* () {
      yield await Promise.resolve({ event: "deleted" as const, data: { id: "1" } });
    });
    await (await open()).until(/event: deleted[^]*\r\n0\r\n\r\n$/);
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("gives its source the id of the client's last event", async () => {
    const { source, requests } = controlled();
    const { open } = await serve(source);
    await (await open("Last-Event-ID: 41")).until(/200/);
    expect(requests).toMatchObject([{ lastEventId: "41" }]);
  });

  it("sends comments while there are no events", async () => {
    const { open } = await serve(controlled().source, { heartbeatMs: 1 });
    await (await open()).until(/:\n\n[^]*:\n\n/);
  });

  it.each(["the client leaves", "the process drains"])("ends when %s", async (reason) => {
    const { source, requests } = controlled();
    const { open, draining, ended, log } = await serve(source);
    const client = await open();
    await client.until(/200/);
    const signal = requests[0]?.signal as AbortSignal;
    const aborted = once(signal, "abort");
    if (reason === "the client leaves") client.socket.destroy();
    else draining.abort();
    await aborted;
    if (reason === "the process drains") await client.until(/\r\n0\r\n\r\n$/);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual(["ended"]);
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("ends at once in a process that drains already", async () => {
    const { open, draining } = await serve(controlled().source);
    draining.abort();
    await (await open()).until(/\r\n0\r\n\r\n$/);
  });

  it("takes no more events from its source than the client reads", async () => {
    let taken = 0;
    const { open, ended, responses } = await serve(async function* () {
      for (;;) {
        taken++;
        await new Promise((resolve) => setImmediate(resolve));
        yield { event: "created", data: { id: "1", title: "x".repeat(80) } };
      }
    });
    const client = await open();
    await client.until(/200/);
    client.socket.pause();
    const turns = async (until: () => boolean) => {
      while (!until()) await new Promise((resolve) => setImmediate(resolve));
    };
    await turns(() => responses[0]?.writableNeedDrain === true);
    const before = taken;
    let count = 0;
    await turns(() => count++ > 100 || responses[0]?.writableNeedDrain === false);
    if (responses[0]?.writableNeedDrain) expect(taken).toBe(before);
    client.socket.resume();
    await turns(() => taken > before);
    client.socket.destroy();
    await turns(() => ended.length > 0);
  });

  it.each<[string, unknown, RegExp]>([
    ["an event that it does not describe", { event: "moved", data: {} }, /describes no event/],
    ["data that does not match", { event: "deleted", data: {} }, /does not match/],
    ["an id with a line break", { event: "deleted", data: { id: "1" }, id: "1\n" }, /line breaks/],
  ])("breaks the connection and logs an error for %s", async (_name, event, message) => {
    const { open, log } = await serve(async function* () {
      yield await Promise.resolve(event as Change);
    });
    const client = await open();
    await client.closed;
    expect(client.received()).not.toMatch(/\ndata: |\r\n0\r\n/);
    const errors = log.filter(({ level }) => level === "error");
    expect(JSON.stringify(errors)).toMatch(message);
  });

  it("has typed events", () => {
    // @ts-expect-error: a deleted note has no title.
    const wrong: Change = { event: "deleted", data: { id: "1", title: "x" } };
    // @ts-expect-error: there is no such event.
    const unknown: Change = { event: "moved", data: { id: "1" } };
    expect([wrong, unknown]).toHaveLength(2);
    expect(v.is(changes.events.deleted, { id: "1" })).toBe(true);
  });
});
