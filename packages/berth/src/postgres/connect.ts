// Opens one connection as libpq does: tries each host, with and without TLS, until a server has the required state.
import type { Client, QueryConfig } from "pg";
import { type ClientOptions, createClient } from "./client";
import {
  isDatabaseError,
  isTlsUnsupported,
  NoHostError,
  reasonOf,
  WrongSessionError,
} from "./errors";
import { type Encryption, encryptionsOf } from "./tls";
import type { PostgresHost, PostgresSettings, SessionAttributes } from "./url";

/** The options of one connection. */
export interface ConnectOptions extends ClientOptions {
  /** The timeout for all hosts together, in milliseconds: each gets an equal share of the time left. */
  timeoutMs: number;
  /** Called with each connection that was opened. */
  onConnect: (host: PostgresHost, encryption: Encryption) => void;
}

/**
 * Opens a connection to the first host that can be used.
 * @throws The only host's error, or NoHostError with those of several; PostgresUrlError for a file that cannot be read.
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { settings, timeoutMs } = options;
  const deadline = performance.now() + timeoutMs;
  const candidates = candidatesOf(settings);
  const failures: Failure[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const share = (deadline - performance.now()) / (candidates.length - index);
    const limitMs = Math.ceil(Math.min(share, settings.connectTimeoutMs));
    const client = await tryHost(candidate, { ...options, timeoutMs: limitMs }, failures);
    if (client) return client;
  }
  throw summaryOf(failures);
}

/** A host, and the state in which to accept it. */
interface Candidate {
  host: PostgresHost;
  wanted: SessionAttributes;
}

/** `prefer-standby` accepts any server if no host is a standby. */
function candidatesOf({ hosts, targetSessionAttrs }: PostgresSettings): Candidate[] {
  const rounds: SessionAttributes[] =
    targetSessionAttrs === "prefer-standby" ? ["standby", "any"] : [targetSessionAttrs];
  return rounds.flatMap((wanted) => hosts.map((host) => ({ host, wanted })));
}

interface Failure {
  where: string;
  err: unknown;
}

/** Resolves with undefined if the host cannot be used, and adds the reason to `failures`. */
async function tryHost(candidate: Candidate, options: ConnectOptions, failures: Failure[]) {
  const { host, wanted } = candidate;
  const deadline = performance.now() + options.timeoutMs;
  const encryptions = encryptionsOf(options.settings, host);
  for (const encryption of encryptions) {
    const remainingMs = Math.max(1, Math.ceil(deadline - performance.now()));
    const { client, wasReached } = createClient(host, encryption, remainingMs, options);
    try {
      await client.connect();
      await checkSession(client, wanted, remainingMs);
      options.onConnect(host, encryption);
      return client;
    } catch (err) {
      void client.end().catch(() => undefined);
      // Timers count whole milliseconds, so they may fire early by less than one.
      const isOver = deadline - performance.now() < 1;
      const mayRetry = wasReached() && mayAcceptOtherEncryption(err);
      const isLast = isOver || !mayRetry || encryption === encryptions.at(-1);
      // With `prefer`, a server without TLS is no failure: plain text is tried next.
      if (isLast || !isTlsUnsupported(err)) {
        const where = `${host.host}:${host.port} (${encryption})`;
        failures.push({ where, err: isOver ? timeoutError(options.timeoutMs, err) : err });
      }
      if (isLast) return undefined;
    }
  }
  return undefined;
}

/** Whether the server may accept TLS instead of plain text, or the reverse. pg_hba.conf has rules for each (28000). */
const mayAcceptOtherEncryption = (err: unknown): boolean =>
  isDatabaseError(err) ? err.code === "28000" : !(err instanceof WrongSessionError);

const timeoutError = (timeoutMs: number, cause: unknown): Error =>
  new Error(`no response within ${timeoutMs} ms`, { cause });

/** The SQL condition of each state. */
const CONDITIONS: Readonly<Partial<Record<SessionAttributes, string>>> = {
  "read-write": "current_setting('transaction_read_only') = 'off'",
  "read-only": "current_setting('transaction_read_only') = 'on'",
  primary: "NOT pg_is_in_recovery()",
  standby: "pg_is_in_recovery()",
};

/** @throws WrongSessionError when the server is not in this state. */
async function checkSession(client: Client, wanted: SessionAttributes, timeoutMs: number) {
  const condition = CONDITIONS[wanted];
  if (!condition) return;
  const query = { text: `SELECT 1 WHERE ${condition}`, query_timeout: timeoutMs } as QueryConfig;
  const { rows } = await client.query(query);
  if (rows.length === 0) throw new WrongSessionError(`the server is not ${wanted}`);
}

function summaryOf(failures: readonly Failure[]): unknown {
  if (failures.length === 1) return failures[0]?.err;
  const reasons = failures.map(({ where, err }) => `${where}: ${reasonOf(err)}`);
  const errors = failures.map(({ err }) => err);
  return new NoHostError(errors, `no host can be used: ${reasons.join("; ")}`);
}
