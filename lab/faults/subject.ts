// Runs the calling service as a process, and reads its resource usage and log.
import { join } from "node:path";
import { startServer } from "port-contract/harness";
import { ask } from "./ask";

const SERVICE = join(__dirname, "service.js");

/** A log line. */
export interface Line {
  level: string;
  msg: string;
  requestId?: string;
  err?: { message: string };
}

/** Its resource usage. */
export interface Usage {
  /** After a garbage collection, in bytes. */
  heapUsed: number;
  /** In bytes. */
  rss: number;
  /** The number of open sockets, including listeners and idle connections. */
  sockets: number;
}

/** The running service. */
export interface Subject {
  port: number;
  log(): Line[];
  usage(): Promise<Usage>;
  /** Kills it. */
  end(): Promise<void>;
}

/** The targets of its calls. */
export interface Targets {
  stockUrl: string;
  otherUrl?: string;
  /** The addresses of `stock.test`. */
  addresses?: readonly string[];
}

/** Starts the service. @throws Error when it does not start */
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

/** Lines that are not JSON, such as Node's warnings, are kept, too. */
function toLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { level: "none", msg: text };
  }
}
