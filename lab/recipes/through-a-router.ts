// The recipe of a router: what clients and instances see through it, and what a restart costs.
import { once } from "node:events";
import { WebSocket } from "ws";
import { freePort } from "port-contract/ports";
import { connect, headOf, type Request, send, within } from "port-contract/harness";
import { account } from "../drain/account";
import { startClients } from "../drain/clients";
import { type Instances, startInstances } from "./instances";
import { mustBe, type Prove } from "./prove";
import { type RouterName, startRouter } from "./routers";

const ANSWER_LIMIT_MS = 10_000;
const CLIENTS = 20;

/** What a recipe of a router needs. */
export interface RouterRecipe {
  name: RouterName;
  /** As its configuration says. */
  drainDelayMs: number;
}

/** Tries the configuration of a router. @throws Missing when it is not installed */
export async function tryRouter(recipe: RouterRecipe, prove: Prove): Promise<void> {
  const instances = await startInstances(recipe.drainDelayMs);
  const port = await freePort();
  const router = await startRouter(recipe.name, port, instances.ports).catch(async (err) => {
    await instances.reap();
    throw err;
  });
  try {
    await prove("all three instances get requests", () => askAll(port, instances));
    await prove("they learn who asked, for what, and how", () => forwarded(port));
    await prove("both bodies pass through piece by piece", () => streamed(port));
    await prove("a WebSocket is carried", () => webSocket(port));
    await prove("a body above the limit gets the service's 413", () => refused(port));
    await prove("each instance restarted in turn, under load", () => rolled(port, instances));
    await prove("a killed instance is passed over", () => passedOver(port, instances));
  } finally {
    await router.reap();
    await instances.reap();
  }
}

const ask = (port: number, request: Request) =>
  send({ host: "127.0.0.1", port }, request, ANSWER_LIMIT_MS);

/** What an instance says of a request. */
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
  const answers = await Promise.all(ports.flatMap(() => ports).map(() => seen(port)));
  const reached = [...new Set(answers.map((answer) => answer.port))].sort();
  mustBe("ports", reached, [...ports].sort());
  return `${answers.length} requests`;
}

async function forwarded(port: number): Promise<string> {
  const headers = { Host: "ship.example", "X-Forwarded-For": "192.0.2.1", "X-Request-Id": "mine" };
  const given = await seen(port, { headers });
  // What the client made up stands in front of what the router knows.
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

/** The second piece is sent when the first one has come back: neither way may wait for the whole. */
async function streamed(port: number): Promise<string> {
  const connection = await connect({ host: "127.0.0.1", port });
  const headers = { "Transfer-Encoding": "chunked" };
  connection.socket.write(headOf({ method: "POST", path: "/pieces", headers }));
  for (const piece of ["first", "second"]) {
    connection.socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    const back = (async () => {
      while (!connection.received().includes(piece)) {
        if (connection.ending()) throw new Error(`the connection ended before "${piece}" was back`);
        await connection.changed();
      }
      return true;
    })();
    if (!(await within(back, ANSWER_LIMIT_MS))) throw new Error(`"${piece}" was held back`);
  }
  connection.close();
  return "a POST that is answered while it is sent";
}

async function webSocket(port: number): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
  await once(socket, "open", { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  socket.send("ahoy");
  const [text] = (await once(socket, "message", {
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  })) as [Buffer];
  socket.terminate();
  mustBe("the answer", String(text), "ahoy");
  return "open, and answered";
}

async function refused(port: number): Promise<string> {
  const headers = { "Content-Type": "text/plain" };
  const body = "x".repeat(200_000);
  const answer = await ask(port, { method: "POST", path: "/text", headers, body });
  mustBe("status", answer.status, 413);
  mustBe("type", answer.headers["content-type"], "application/problem+json; charset=utf-8");
  return answer.headers["content-type"] ?? "";
}

async function rolled(port: number, instances: Instances): Promise<string> {
  const clients = startClients(port, "/fast", CLIENTS);
  await clients.warm;
  for (const index of instances.ports.keys()) await instances.restart(index, "SIGTERM");
  const answers = await clients.stop();
  clients.close();
  const { requests, resets, refusals, incomplete } = account(answers, new Set());
  mustBe("failed", resets + refusals + incomplete, 0);
  return `0 of ${requests} GETs failed`;
}

/** Connections are refused, and nothing was sent: a POST goes elsewhere, too. */
async function passedOver(port: number, instances: Instances): Promise<string> {
  await instances.kill(0);
  const methods = ["GET", "POST", "GET", "POST", "GET", "POST", "GET", "POST"];
  const answers = [];
  for (const method of methods) answers.push(await ask(port, { method, path: "/seen", body: "" }));
  mustBe(
    "statuses",
    answers.map(({ status }) => status),
    methods.map(() => 200),
  );
  return `${methods.length} GETs and POSTs, all answered`;
}
