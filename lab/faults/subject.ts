// The subject as a process: started, asked what it uses, and what it has logged.
import { join } from "node:path";
import { startServer } from "port-contract/harness";
import { ask } from "./ask";

const SERVICE = join(__dirname, "service.js");

/** One line of the log. */
export interface Line {
  level: string;
  msg: string;
  requestId?: string;
  err?: { message: string };
}

/** What the subject takes of the machine. */
export interface Usage {
  /** After collecting garbage, in bytes. */
  heapUsed: number;
  /** In bytes. */
  rss: number;
  /** Its open sockets, listeners and idle connections included. */
  sockets: number;
}

/** A running subject. */
export interface Subject {
  port: number;
  log(): Line[];
  usage(): Promise<Usage>;
  /** Kills it. */
  end(): Promise<void>;
}

/** Where its calls go. */
export interface Targets {
  stockUrl: string;
  otherUrl?: string;
  /** What `stock.test` resolves to. */
  addresses?: readonly string[];
}

/** Starts one. @throws Error when it does not come up. */
export async function startSubject(node: string, targets: Targets): Promise<Subject> {
  const { stockUrl, otherUrl, addresses = [] } = targets;
  const run = await startServer([node, "--expose-gc", SERVICE], {
    isolated: true,
    env: {
      HOST: "127.0.0.1",
      STOCK_URL: stockUrl,
      OTHER_URL: otherUrl,
      STOCK_ADDRESSES: addresses.join(","),
    },
  });
  return {
    port: run.port,
    log: () => run.output.lines().map(toLine),
    usage: async () => (await ask(run.port, "/usage")).body as unknown as Usage,
    end: () => run.reap(),
  };
}

/** What is no JSON, such as Node's own warnings, is a line as well. */
function toLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { level: "none", msg: text };
  }
}
