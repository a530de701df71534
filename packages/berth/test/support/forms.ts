// Multipart forms, as browsers send them, and a server that takes them.
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Router } from "express";
import { messageClasses } from "../../src/express/messages";
import { createTestApp, type LogLine } from "../../src/testing/app";
import { atEnd, emptyFolder } from "../../src/testing/cleanup";
import { connectRaw, type RawClient } from "../../src/testing/raw-client";
import { inTime } from "../../src/testing/waits";

export const PNG = Buffer.from("\x89PNG\r\n\x1a\n a small image", "latin1");
export const JPEG = Buffer.from("\xff\xd8\xff\xe0 another image", "latin1");

/** A part with its head, as text in latin1; a file if it has a file name. */
export const part = (name: string, content: string | Buffer, fileName?: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"` +
  (fileName === undefined ? "" : `; filename="${fileName}"\r\nContent-Type: image/png`) +
  `\r\n\r\n${content.toString("latin1")}\r\n`;

export const END = "--b--\r\n";

/** The head of a request with a form. */
export const formHead = (...headers: string[]): string =>
  ["POST / HTTP/1.1", "Host: t", "Content-Type: multipart/form-data; boundary=b", ...headers].join(
    "\r\n",
  ) + "\r\n\r\n";

/** A whole request with a form of these parts. */
export const formRequest = (...parts: string[]): string => {
  const body = parts.join("");
  return formHead(`Content-Length: ${body.length}`) + body;
};

/** A response. */
export interface FormResponse {
  status: number;
  body: unknown;
}

/** A server whose routes store files in a folder of its own. */
export interface FormServer {
  url: string;
  log: LogLine[];
  connect: () => Promise<RawClient>;
  /** Sends bytes, given in latin1, and returns the response, a JSON. */
  send: (request: string) => Promise<FormResponse>;
  /** Resolves once the request of a client that has left is logged. */
  untilAborted: () => Promise<void>;
  post: (form: FormData) => Promise<FormResponse>;
}

/** The folder for the uploads of a test file. */
export const uploadFolder = (): string => emptyFolder();

/** Resolves once a condition holds, which is asked in each turn of the event loop. */
export async function until(condition: () => boolean, describe: () => string): Promise<void> {
  let isLate = false;
  const holds = async () => {
    while (!isLate && !condition()) await nextTurn();
  };
  await inTime(holds(), describe, 20_000).finally(() => (isLate = true));
}

/** Resolves once no upload is stored. */
export const untilNothingIsStored = (): Promise<void> =>
  until(
    () => readdirSync(uploadFolder()).length === 0,
    () => `there are still ${readdirSync(uploadFolder(), { recursive: true }).join(", ")}`,
  );

/** The files that are stored. */
export const storedFiles = (): string[] =>
  readdirSync(uploadFolder(), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.includes("/"),
  );

/** Starts a server with these routes. */
export async function serveForms(
  define: (router: Router) => void,
  createServerFor = (app: Parameters<typeof messageClasses>[0]): Server =>
    createServer(messageClasses(app), app),
): Promise<FormServer> {
  const { app, log } = createTestApp(define);
  const server = createServerFor(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const connect = () => connectRaw(port);
  return {
    url,
    log,
    connect,
    untilAborted: () =>
      until(
        () => log.at(-1)?.aborted === true,
        () => `the log is ${JSON.stringify(log)}`,
      ),
    async send(request) {
      const client = await connect();
      client.socket.write(request, "latin1");
      const received = await client.until(/^HTTP[^]*\r\n\r\n[^]*\}$/);
      client.socket.destroy();
      const [head = "", body = ""] = received.split("\r\n\r\n");
      return { status: Number(head.split(" ")[1]), body: JSON.parse(body) as unknown };
    },
    async post(body) {
      const res = await fetch(url, { method: "POST", body });
      return { status: res.status, body: await res.json() };
    },
  };
}
