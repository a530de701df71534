// Errors of popular clients, with a marked secret in each place that may contain one.
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { Client as PostgresClient } from "pg";
import { Redis } from "ioredis";
import axios, { type AxiosRequestConfig } from "axios";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import got from "got";
import { Agent, interceptors, request } from "undici";
import { errorResponse } from "./fake-postgres";

/** Creates an error; `secret` returns the mark for a place. */
type Make = (secret: (place: string) => string, at: Ports) => unknown;

/** The ports of local servers. */
interface Ports {
  /** Responds 403, with secrets of its own. */
  refusing: number;
  /** Responds 200, with a body that is not JSON. */
  text: number;
  /** Closes each connection in the middle of a head. */
  broken: number;
  /** Not listening. */
  closed: number;
  /** Rejects every password. */
  postgres: number;
  /** Rejects passwords, and every SET. */
  redis: number;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Responds with secrets that are named after the client's user agent. */
const responding = (status: number): Server =>
  createServer((req, res) => {
    const of = `mark-${/^[a-z]\w*$/.exec(req.headers["user-agent"] ?? "")?.[0] ?? "s3status"}`;
    req.resume();
    res.writeHead(status, { "Set-Cookie": `s=${of}-setcookie`, "X-Token": `${of}-responseheader` });
    res.end(
      of.startsWith("mark-s3")
        ? `<Error><Code>AccessDenied</Code><Message>no</Message><AWSAccessKeyId>${of}-keyid</AWSAccessKeyId></Error>`
        : `{"text": ${of}-responsebody`,
    );
  });

/** Sends some bytes in response to the first ones, and closes the connection. */
const saying = (bytes: string): Server =>
  createTcpServer((socket) => {
    socket.on("error", () => undefined).once("data", () => socket.end(bytes));
  });

async function startServers(): Promise<Ports> {
  const closed = createTcpServer();
  const refusal = "refused\0DRow (mark-pgauth-detail)\0WCOPY mark-pgauth-where\0qmark-pgauth-query";
  const redis = createTcpServer((socket) => {
    socket
      .on("error", () => undefined)
      .on("data", (data) => {
        for (const command of data.toString().split(/^\*/m).slice(1)) {
          const isRefused = /mark-redisauth|^\d+\r\n\$3\r\nset/i.test(command);
          socket.write(isRefused ? "-ERR no\r\n" : "+OK\r\n");
        }
      });
  });
  const ports = {
    refusing: await listen(responding(403)),
    text: await listen(responding(200)),
    broken: await listen(saying("HTTP/1.1 200 OK\r\nX")),
    postgres: await listen(saying(errorResponse("FATAL", "28P01", refusal).toString("latin1"))),
    redis: await listen(redis),
    closed: await listen(closed),
  };
  await once(closed.close(), "close");
  return ports;
}

/** The error that a call rejects with. */
const failureOf = (call: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(call)
    .then(
      () => Promise.reject(new Error("It has not failed.")),
      (err: unknown) => err,
    );

const axiosCall = (kind: string, secret: (place: string) => string): AxiosRequestConfig => ({
  method: "POST",
  params: { token: secret("query") },
  headers: {
    Authorization: `Bearer ${secret("header")}`,
    Cookie: `s=${secret("cookie")}`,
    "X-Api-Key": secret("otherheader"),
    "User-Agent": kind,
  },
  data: { password: secret("body") },
  proxy: false,
  timeout: 5000,
});

const gotCall = (kind: string, secret: (place: string) => string) =>
  ({
    method: "POST",
    searchParams: { token: secret("query") },
    headers: {
      authorization: `Bearer ${secret("header")}`,
      cookie: secret("cookie"),
      "user-agent": kind,
    },
    username: "ann",
    password: secret("password"),
    json: { password: secret("body") },
    retry: { limit: 0 },
    context: { token: secret("context") },
  }) as const;

const undiciCall = (kind: string, secret: (place: string) => string) => ({
  method: "POST" as const,
  headers: { authorization: `Bearer ${secret("header")}`, "user-agent": kind },
  body: secret("body"),
});

const s3 = (port: number, secret: (place: string) => string) =>
  failureOf(() =>
    new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: "x",
      maxAttempts: 1,
      credentials: {
        accessKeyId: secret("accesskey"),
        secretAccessKey: secret("secretkey"),
        sessionToken: secret("session"),
      },
    }).send(new GetObjectCommand({ Bucket: "b", Key: secret("key") })),
  );

const postgres = (port: number, secret: (place: string) => string) =>
  failureOf(() =>
    new PostgresClient({
      connectionString: `postgres://ann:${secret("password")}@127.0.0.1:${port}/app`,
    }).connect(),
  );

async function redis(
  port: number,
  secret: (place: string) => string,
  doWith: (of: Redis) => unknown,
) {
  const client = new Redis({
    port,
    password: secret("password"),
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  const failed = once(client, "error").then(([err]) => err as unknown);
  const err = await Promise.race([failed, failureOf(() => doWith(client))]);
  client.disconnect();
  return err;
}

/** Everything that a client could attach to an error. */
const laden = (err: Error, secret: (place: string) => string): Error =>
  Object.assign(err, {
    headers: { authorization: secret("header"), "x-token": secret("otherheader") },
    config: { auth: { password: secret("config") } },
    options: { url: `https://ann:${secret("options")}@host/` },
    request: { rawHeaders: ["Cookie", secret("request")] },
    response: { body: secret("response") },
    command: { args: [secret("command")] },
    token: secret("field"),
    inner: Object.assign(new Error("inner"), { token: secret("inner") }),
    list: [Object.assign(new Error("listed"), { token: secret("list") })],
  });

const kinds: Readonly<Record<string, Make>> = {
  axiosstatus: (secret, { refusing }) =>
    failureOf(() =>
      axios(
        `http://ann:${secret("url")}@127.0.0.1:${refusing}/x`,
        axiosCall("axiosstatus", secret),
      ),
    ),
  axiosrefused: (secret, { closed }) =>
    failureOf(() =>
      axios(`http://ann:${secret("url")}@127.0.0.1:${closed}/x`, axiosCall("axiosrefused", secret)),
    ),
  axiosbroken: (secret, { broken }) =>
    failureOf(() => axios(`http://127.0.0.1:${broken}/x`, axiosCall("axiosbroken", secret))),
  undicistatus: (secret, { refusing }) =>
    failureOf(() =>
      request(`http://127.0.0.1:${refusing}/x?token=${secret("query")}`, {
        ...undiciCall("undicistatus", secret),
        dispatcher: new Agent().compose(interceptors.responseError()),
      }),
    ),
  undicibroken: (secret, { broken }) =>
    failureOf(() =>
      request(`http://127.0.0.1:${broken}/x?token=${secret("query")}`, undiciCall("u", secret)),
    ),
  fetchrefused: (secret, { closed }) =>
    failureOf(() =>
      fetch(`http://127.0.0.1:${closed}/x?token=${secret("query")}`, undiciCall("f", secret)),
    ),
  fetchurl: (secret) =>
    failureOf(() => fetch(`http://ann:${secret("url")}@host/x?token=${secret("query")}`)),
  fetchheader: (secret) =>
    failureOf(() =>
      fetch("http://host/", { headers: { "X-Token": `${secret("header")}\n${secret("rest")}` } }),
    ),
  gotstatus: (secret, { refusing }) =>
    failureOf(() => got(`http://127.0.0.1:${refusing}/x`, gotCall("gotstatus", secret))),
  gotparse: (secret, { text }) =>
    failureOf(() => got(`http://127.0.0.1:${text}/x`, gotCall("gotparse", secret)).json()),
  gotrefused: (secret, { closed }) =>
    failureOf(() => got(`http://127.0.0.1:${closed}/x`, gotCall("gotrefused", secret))),
  pgauth: (secret, at) => postgres(at.postgres, secret),
  pgrefused: (secret, { closed }) => postgres(closed, secret),
  redisauth: (secret, at) => redis(at.redis, secret, (client) => client.get("x")),
  rediscommand: (secret, at) =>
    redis(at.redis, secret, (client) => client.set("token", secret("argument"))),
  redisrefused: (secret, { closed }) =>
    redis(closed, secret, (client) => client.set("token", secret("argument"))),
  s3status: (secret, { refusing }) => s3(refusing, secret),
  s3refused: (secret, { closed }) => s3(closed, secret),
  nodeurl: (secret) => failureOf(() => new URL(`postgres://ann:${secret("url")}@ho st/`)),
  laden: (secret) => laden(new Error("laden"), secret),
  message: (secret) =>
    new Error(
      `GET https://ann:${secret("url")}@host/x?token=${secret("query")}#${secret("fragment")} with ` +
        `Authorization: Bearer ${secret("bearer")}1, at postgres://ann:p/${secret("slash")}@host/db`,
    ),
  cause: (secret) =>
    new Error("outer", { cause: laden(new Error(`https://${secret("url")}@host/`), secret) }),
  aggregate: (secret) => new AggregateError([laden(new Error("one"), secret)], "all"),
  object: (secret) => ({ status: 500, headers: { authorization: secret("header") } }),
  text: (secret) => `postgres://ann:${secret("url")}@host/`,
};

/** Creates an error of a kind. */
export interface ForeignError {
  kind: string;
  err: unknown;
}

/** Creates one error of each kind, and returns the secrets in all of them. */
export async function makeForeignErrors(): Promise<{ errors: ForeignError[]; secrets: string[] }> {
  const ports = await startServers();
  const secrets = new Set<string>();
  const errors: ForeignError[] = [];
  for (const [kind, make] of Object.entries(kinds)) {
    const secret = (place: string): string => {
      const mark = `mark-${kind}-${place}`;
      secrets.add(mark);
      return mark;
    };
    errors.push({ kind, err: await make(secret, ports) });
  }
  return { errors, secrets: [...secrets] };
}
