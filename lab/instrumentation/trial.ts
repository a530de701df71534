// Tests one service with one agent: its start, requests of all kinds, and a shutdown under load.
import { join } from "node:path";
import {
  connect,
  exchange,
  headOf,
  readResponse,
  type Request,
  type Run,
  startServer,
  stop,
} from "port-contract/harness";
import { cpuSeconds } from "../bench/process-usage";
import { sendRequests } from "../drain/load/requests";
import { type Agent, environmentOf, FOLDER } from "./agents";

/** The services, and whether their failures are Berth's. */
export interface Service {
  name: string;
  script: string;
  isOurs: boolean;
}

export const SERVICES: readonly Service[] = [
  { name: "Berth", script: join(__dirname, "berth.js"), isOurs: true },
  { name: "Express", script: join(__dirname, "express.js"), isOurs: false },
];

/** The observations. */
export interface Trial {
  /** Everything that is wrong, one sentence each. */
  wrong: string[];
  /** Messages of warnings. */
  warnings: string[];
  /** Whose `res.json` serialized the response. */
  author: string;
  /** The number of requests lost in the shutdown. */
  lost: number;
  /** The exit code or signal. */
  exit: string;
  /** CPU time of a small GET, in microseconds. */
  cpuUs: number;
}

const REQUESTS = 1000;
const MEASURED = 2000;
const CLIENTS = 8;
/** The time limit for a step, in milliseconds: far more than any takes. */
const LIMIT_MS = 20_000;

const JSON_TYPE = { "Content-Type": "application/json" };
const POST: Request = {
  method: "POST",
  path: "/ships",
  headers: JSON_TYPE,
  body: '{"name":"Ann"}',
};

/** Requests, each with the status and a part of the body that its response must have. */
const KINDS: readonly [Request, number, string][] = [
  ...Array.from({ length: 7 }, (): [Request, number, string] => [
    { path: "/ships/7" },
    200,
    '{"id":"7","author":',
  ]),
  [POST, 201, '{"name":"Ann"}'],
  [{ path: "/nothing" }, 404, ""],
  [{ path: "/failing" }, 500, ""],
];

export async function tryService(agent: Agent, { script }: Service): Promise<Trial> {
  const env = environmentOf(agent, FOLDER);
  const run = await startServer([process.execPath, script], { isolated: true, env });
  try {
    const wrong = reports(run).map((text) => `at the start, ${text}`);
    const responses = await askInTurn(run.port, REQUESTS, (i) => KINDS[i % KINDS.length]!);
    wrong.push(...responses.wrong);
    // Only the error that was thrown on purpose may be reported.
    wrong.push(...reports(run).filter((text) => !text.endsWith("thrown on purpose")));
    const before = cpuSeconds(run.pid);
    await askInTurn(run.port, MEASURED, () => KINDS[0]!);
    const cpuUs = ((cpuSeconds(run.pid) - before) / MEASURED) * 1e6;
    const ending = await stopUnderLoad(run);
    return { wrong, warnings: warnings(run), author: responses.author, cpuUs, ...ending };
  } finally {
    await run.reap();
  }
}

/** The errors that an agent would report. */
const reports = ({ output }: Run): string[] => [
  ...new Set(output.lines().filter((line) => line.startsWith("reported: "))),
];

function warnings({ output }: Run): string[] {
  const lines = output.lines().filter((line) => line.startsWith('{"level":"warn"'));
  return lines.map((line) => {
    const { msg, missing } = JSON.parse(line) as { msg: string; missing?: string[] };
    return missing ? `${msg}: ${missing.join(", ")}` : msg;
  });
}

/** Sends requests over several connections, one after the other on each. */
async function askInTurn(
  port: number,
  count: number,
  kindOf: (index: number) => (typeof KINDS)[number],
): Promise<{ wrong: string[]; author: string }> {
  const wrong = new Set<string>();
  let author = "?";
  let index = 0;
  const converse = async () => {
    const connection = await connect({ host: "127.0.0.1", port });
    while (index < count) {
      const [request, status, text] = kindOf(index++);
      const response = await exchange(connection, request, LIMIT_MS);
      if (response.status !== status || !response.body.startsWith(text)) {
        const { method = "GET", path } = request;
        wrong.add(`${method} ${path} gets ${response.status} ${response.body.slice(0, 100)}`);
      }
      author = /"author":"(\w+)"/.exec(response.body)?.[1] ?? author;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CLIENTS }, converse));
  return { wrong: [...wrong], author };
}

/** Stops the service while clients send requests, a body is being uploaded, and a slow response is in flight. */
async function stopUnderLoad(run: Run): Promise<Pick<Trial, "lost" | "exit">> {
  const { port } = run;
  const address = { host: "127.0.0.1", port };
  const stopped = new AbortController();
  const plan = { method: "GET", path: "/ships/7", clients: CLIENTS, pauseMs: 5 } as const;
  const load = sendRequests(port, plan, stopped.signal);
  const [sending, waiting] = await Promise.all([connect(address), connect(address)]);
  const body = POST.body ?? "";
  sending.socket.write(headOf(POST) + body.slice(0, 1));
  waiting.socket.write(headOf({ path: "/slow" }));
  // A response on a later connection shows that the service has read all of these before the signal.
  await askInTurn(port, CLIENTS, () => KINDS[0]!);

  const ending = stop(run, LIMIT_MS, "SIGTERM", "leader");
  const held = [sending, waiting].map(async (connection) => {
    const { status } = await readResponse(connection, LIMIT_MS);
    if (status >= 300) throw new Error(`status ${status}`);
  });
  sending.socket.write(body.slice(1));
  const settled = await Promise.allSettled(held);
  const { exit } = await ending;
  stopped.abort();
  const failed = (await load).filter(({ failure }) => failure && failure !== "refused");
  const cut = settled.filter(({ status }) => status === "rejected");
  const how = exit ? String(exit.code ?? exit.signal) : "none";
  return { lost: failed.length + cut.length, exit: how };
}
