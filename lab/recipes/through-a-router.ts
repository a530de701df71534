// The recipe for a router: what clients and instances see through it, and restarts of instances.
import { once } from "node:events";
import { WebSocket } from "ws";
import { freePort } from "port-contract/ports";
import { connect, headOf, type Request, send, within } from "port-contract/harness";
import { account } from "../drain/account";
import { startClients } from "../drain/clients";
import { type Instances, startInstances } from "./instances";
import { mustBe, type Prove } from "./prove";
import { type RouterName, startRouter } from "./routers";

const RESPONSE_LIMIT_MS = 10_000;
const CLIENTS = 20;

/** The parameters of a router's recipe. */
export interface RouterRecipe {
  name: RouterName;
  /** The drain delay that its configuration requires. */
  drainDelayMs: number;
}

/** Tests the configuration of a router. @throws MissingProgram when it is not installed */
export async function tryRouter(recipe: RouterRecipe, prove: Prove): Promise<void> {
  const instances = await startInstances(recipe.drainDelayMs);
  const port = await freePort();
  const router = await startRouter(recipe.name, port, instances.ports).catch(async (err) => {
    await instances.reap();
    throw err;
  });
  try {
    await prove("all three instances get requests", () => askAll(port, instances));
    await prove("instances see the client, host and protocol", () => forwarded(port));
    await prove("request and response bodies are streamed", () => streamed(port));
    await prove("a WebSocket is forwarded", () => webSocket(port));
    await prove("a body above the limit gets the service's 413", () => refused(port));
    await prove("instances restart in turn under load", () => rolled(port, instances));
    await prove("a killed instance is skipped", () => passedOver(port, instances));
  } finally {
    await router.reap();
    await instances.reap();
  }
}

const ask = (port: number, request: Request) =>
  send({ host: "127.0.0.1", port }, request, RESPONSE_LIMIT_MS);

/** A request as an instance sees it. */
interface Seen {
  port: number;
  id: string;
  ip: string;
  protocol: string;
  hostname: string;
  headers: Record<string, string>;
}

const seen = async (port: number, request: Omit<Request, "path"> = {}): Promise<Seen> =>
  JSON.parse((await ask(port, { ...request, path: "/seen" })).body) as Seen;

async function askAll(port: number, { ports }: Instances): Promise<string> {
  const responses = await Promise.all(ports.flatMap(() => ports).map(() => seen(port)));
  const reached = [...new Set(responses.map((response) => response.port))].sort();
  mustBe("ports", reached, [...ports].sort());
  return `${responses.length} requests`;
}

async function forwarded(port: number): Promise<string> {
  const headers = { Host: "ship.example", "X-Forwarded-For": "192.0.2.1", "X-Request-Id": "mine" };
  const given = await seen(port, { headers });
  // The router appends the real address after the client's forged one.
  mustBe("X-Forwarded-For", given.headers["x-forwarded-for"], "192.0.2.1, 127.0.0.1");
  mustBe("req.ip", given.ip, "127.0.0.1");
  mustBe("req.protocol", given.protocol, "http");
  mustBe("X-Forwarded-Proto", given.headers["x-forwarded-proto"], "http");
  mustBe("req.hostname", given.hostname, "ship.example");
  mustBe("X-Forwarded-Port", given.headers["x-forwarded-port"], String(port));
  mustBe("req.id", given.id, "mine");
  const made = await seen(port);
  mustBe("the id that the router made", made.id, made.headers["x-request-id"]);
  return `X-Request-Id ${made.id}`;
}

/** Sends the second chunk only after the first one came back, so neither body may be buffered. */
async function streamed(port: number): Promise<string> {
  const connection = await connect({ host: "127.0.0.1", port });
  const headers = { "Transfer-Encoding": "chunked" };
  connection.socket.write(headOf({ method: "POST", path: "/pieces", headers }));
  for (const piece of ["first", "second"]) {
    connection.socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    const back = (async () => {
      while (!connection.received().includes(piece)) {
        if (connection.ending())
          throw new Error(`the connection ended before "${piece}" came back`);
        await connection.changed();
      }
      return true;
    })();
    if (!(await within(back, RESPONSE_LIMIT_MS))) throw new Error(`"${piece}" was buffered`);
  }
  connection.close();
  return "a POST gets its response while it is sent";
}

async function webSocket(port: number): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
  await once(socket, "open", { signal: AbortSignal.timeout(RESPONSE_LIMIT_MS) });
  socket.send("ahoy");
  const [text] = (await once(socket, "message", {
    signal: AbortSignal.timeout(RESPONSE_LIMIT_MS),
  })) as [Buffer];
  socket.terminate();
  mustBe("the response", String(text), "ahoy");
  return "open, and gets a response";
}

async function refused(port: number): Promise<string> {
  const headers = { "Content-Type": "text/plain" };
  const body = "x".repeat(200_000);
  const response = await ask(port, { method: "POST", path: "/text", headers, body });
  mustBe("status", response.status, 413);
  mustBe("type", response.headers["content-type"], "application/problem+json; charset=utf-8");
  return response.headers["content-type"] ?? "";
}

async function rolled(port: number, instances: Instances): Promise<string> {
  const clients = startClients(port, "/fast", CLIENTS);
  await clients.warm;
  for (const index of instances.ports.keys()) await instances.restart(index, "SIGTERM");
  const results = await clients.stop();
  clients.close();
  const { requests, resets, refusals, incomplete } = account(results, new Set());
  mustBe("failed", resets + refusals + incomplete, 0);
  return `0 of ${requests} GETs failed`;
}

/** A refused connection is safe to retry, so POSTs go to another instance, too. */
async function passedOver(port: number, instances: Instances): Promise<string> {
  await instances.kill(0);
  const methods = ["GET", "POST", "GET", "POST", "GET", "POST", "GET", "POST"];
  const responses = [];
  for (const method of methods)
    responses.push(await ask(port, { method, path: "/seen", body: "" }));
  mustBe(
    "statuses",
    responses.map(({ status }) => status),
    methods.map(() => 200),
  );
  return `${methods.length} GETs and POSTs, all successful`;
}
