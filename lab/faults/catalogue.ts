// The faults of an upstream, and the responses that callers must get.
import type { Socket } from "node:net";
import { setInterval, setTimeout } from "node:timers";
import { gzipSync } from "node:zlib";
import {
  respondingWith,
  blackHole,
  halfDead,
  misbehaving,
  nameless,
  redirecting,
  refusing,
  type SetUp,
} from "./fault-setup";
import { jsonResponse } from "./upstream";

/** A fault of the upstream. */
export interface Fault {
  setUp: SetUp;
  /** The status that a caller must get, or several allowed ones. */
  status: number | readonly number[];
  /** A part of the problem's `detail`. */
  detail?: string;
  /** The response's `Retry-After`, if it has one. */
  retryAfter?: RegExp;
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const THING = '{"name":"Ada"}';

const resetAfter = (text: string) => (socket: Socket) =>
  socket.write(text, () => socket.resetAndDestroy());

/** Writes the same text endlessly, with backpressure. */
const endlessly = (head: string, part: string) => (socket: Socket) => {
  const parts = part.repeat(Math.ceil(65_536 / part.length));
  const write = (): void => {
    while (!socket.destroyed && socket.write(parts));
    if (!socket.destroyed) socket.once("drain", write);
  };
  socket.write(head);
  write();
};

/** Writes one character per second. */
const drip = (text: string) => (socket: Socket) => {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length]!), 1000);
  socket.on("close", () => clearInterval(timer));
};

const TOO_LATE = { status: 504, detail: "did not respond in time" };
const AWAY = { status: 503, detail: "is not available at the moment", retryAfter: /^5$/ };
const BROKEN = { status: 502, detail: "ended the connection early" };
const NOT_HTTP = { status: 502, detail: "sent an invalid HTTP response" };

/** 429 and 503 with several forms of `Retry-After`. */
function busy(): [string, Fault][] {
  const wants: [string, string | undefined, RegExp][] = [
    ["without Retry-After", undefined, /^5$/],
    ["Retry-After: 0", "0", /^(0|5)$/],
    ["Retry-After: 60", "60", /^60$/],
    ["a date in a minute", new Date(Date.now() + 120_000).toUTCString(), /^\d{2,3}$/],
    ["Retry-After: soon 5", "soon 5", /^5$/],
    ["Retry-After: 99999999999", "99999999999", /^\d{1,6}$/],
  ];
  return [429, 503].flatMap((status) =>
    wants.map(([name, value, retryAfter]): [string, Fault] => [
      `${status}, ${name}`,
      {
        setUp: misbehaving(respondingWith(status, "{}", value ? [`Retry-After: ${value}`] : [])),
        status: 503,
        retryAfter,
      },
    ]),
  );
}

/** The faults, by their names in the table and in `--only`. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  refuses: { setUp: refusing, ...AWAY },
  "has no such name": { setUp: nameless, ...AWAY },
  // The last attempt is cut off by the deadline.
  "is a black hole": { setUp: blackHole, ...TOO_LATE },
  "hangs before the headers": { setUp: misbehaving({}), ...TOO_LATE },
  "hangs in the headers": { setUp: misbehaving({ onRequest: (s) => s.write(HEAD) }), ...TOO_LATE },
  "hangs in the body": {
    setUp: misbehaving({
      onRequest: (socket) => socket.write(jsonResponse(200, THING).subarray(0, -1)),
    }),
    ...TOO_LATE,
  },
  "drips headers, a byte a second": { setUp: misbehaving({ onRequest: drip(HEAD) }), ...TOO_LATE },
  "drips a body, a byte a second": {
    setUp: misbehaving({
      onRequest(socket) {
        socket.write(`${HEAD}Content-Length: 1000\r\n\r\n`);
        drip(" ")(socket);
      },
    }),
    ...TOO_LATE,
  },
  "resets when connected": {
    setUp: misbehaving({
      onConnect: (socket) => socket.resetAndDestroy(),
      onRequest: (socket) => socket.resetAndDestroy(),
    }),
    // The reset arrives before or after the connection is established.
    status: [502, 503],
    retryAfter: /^5?$/,
  },
  "resets before the headers": {
    setUp: misbehaving({ onRequest: (socket) => socket.resetAndDestroy() }),
    ...BROKEN,
  },
  "resets in the headers": { setUp: misbehaving({ onRequest: resetAfter(HEAD) }), ...BROKEN },
  "resets in the body": {
    setUp: misbehaving({ onRequest: resetAfter(`${HEAD}Content-Length: 99\r\n\r\n{`) }),
    ...BROKEN,
  },
  "closes before the headers": { setUp: misbehaving({ onRequest: (s) => s.end() }), ...BROKEN },
  "closes in the body": {
    setUp: misbehaving({ onRequest: (s) => s.end(`${HEAD}Content-Length: 99\r\n\r\n{`) }),
    ...BROKEN,
  },
  "sends without end": {
    setUp: misbehaving({
      onRequest: endlessly(`${HEAD}Content-Length: 10000000000\r\n\r\n`, "x"),
    }),
    status: 502,
    detail: "sent a response that is too large",
  },
  "sends chunks without end": {
    setUp: misbehaving({
      onRequest: endlessly(
        `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
        `400\r\n${"x".repeat(0x400)}\r\n`,
      ),
    }),
    status: 502,
    detail: "sent a response that is too large",
  },
  "sends headers without end": {
    setUp: misbehaving({ onRequest: endlessly(HEAD, `X-More: ${"x".repeat(1000)}\r\n`) }),
    ...NOT_HTTP,
  },
  "sends 102 for ever": {
    setUp: misbehaving({
      onRequest(socket) {
        const timer = setInterval(() => socket.write("HTTP/1.1 102 Processing\r\n\r\n"), 20);
        socket.on("close", () => clearInterval(timer));
      },
    }),
    ...TOO_LATE,
  },
  "sends 102 and 103 first": {
    setUp: misbehaving({
      onRequest(socket) {
        socket.write(
          "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n",
        );
        socket.write(jsonResponse(200, THING));
      },
    }),
    status: 200,
  },
  "sends 100 first, unasked": {
    setUp: misbehaving({
      onRequest: (socket) =>
        socket.write(
          Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), jsonResponse(200, THING)]),
        ),
    }),
    // undici treats it as the end of the connection.
    ...BROKEN,
  },
  "responds twice": {
    setUp: misbehaving({
      onRequest: (socket) =>
        socket.write(Buffer.concat([jsonResponse(200, THING), jsonResponse(200, THING)])),
    }),
    status: 200,
  },
  "speaks no HTTP": {
    setUp: misbehaving({ onRequest: (socket) => socket.write("220 mail.test ESMTP\r\n") }),
    ...NOT_HTTP,
  },
  "sends invalid JSON": {
    setUp: misbehaving(respondingWith(200, '{"name":')),
    status: 502,
    detail: "sent malformed JSON",
  },
  "sends another shape": {
    setUp: misbehaving(respondingWith(200, '{"name":{"first":"Ada"}}')),
    status: 502,
    detail: "sent a response of an unexpected shape",
  },
  "sends HTML": {
    setUp: misbehaving({
      onRequest: (s) =>
        s.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>"),
    }),
    status: 502,
    detail: "sent a response that is not JSON",
  },
  "sends gzip, unasked": {
    setUp: misbehaving(respondingWith(200, gzipSync(THING), ["Content-Encoding: gzip"])),
    status: 200,
  },
  "redirects to another host": {
    setUp: redirecting,
    status: 502,
    detail: "responded with a redirect",
  },
  "responds 500 with a large problem": {
    setUp: misbehaving(respondingWith(500, JSON.stringify({ detail: "x".repeat(900_000) }))),
    status: 502,
    detail: "responded with 500",
  },
  ...Object.fromEntries(busy()),
  "has two addresses, one refuses": { setUp: halfDead(false), status: 200 },
  "has two addresses, one is a black hole": { setUp: halfDead(true), status: 200 },
  "responds after 1 s": {
    setUp: misbehaving({
      onRequest: (socket) => void setTimeout(() => socket.write(jsonResponse(200, THING)), 1000),
    }),
    status: 200,
  },
};
