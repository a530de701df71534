// Opens one connection as libpq does: hosts and encryptions in turn, until a server is as wanted.
import type { Client, QueryConfig } from "pg";
import { type ClientOptions, createClient } from "./client";
import {
  isDatabaseError,
  isWithoutTls,
  NoHostError,
  reasonOf,
  WrongSessionError,
} from "./errors";
import { type Encryption, encryptionsOf } from "./tls";
import type { PostgresHost, PostgresSettings, SessionAttributes } from "./url";

/** How a connection is to be opened and used. */
export interface ConnectOptions extends ClientOptions {
  /** How long all hosts together may take, in milliseconds: each gets an equal part of what is left. */
  timeoutMs: number;
  /** Told how each connection was made. */
  onConnect: (host: PostgresHost, encryption: Encryption) => void;
}

/**
 * Opens a connection to the first host that can be used.
 * @throws the host's error, or NoHostError when there were several tries; PostgresUrlError for a file that cannot be read.
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

interface Candidate {
  host: PostgresHost;
  wanted: SessionAttributes;
}

/** A standby is only preferred: when there is none, any server will do. */
function candidatesOf({ hosts, targetSessionAttrs }: PostgresSettings): Candidate[] {
  const rounds: SessionAttributes[] =
    targetSessionAttrs === "prefer-standby" ? ["standby", "any"] : [targetSessionAttrs];
  return rounds.flatMap((wanted) => hosts.map((host) => ({ host, wanted })));
}

interface Failure {
  where: string;
  err: unknown;
}

/** Resolves with undefined when the host cannot be used; why is then among the failures. */
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
      // Timers count whole milliseconds: they may be early by a part of one.
      const isOver = deadline - performance.now() < 1;
      const isLast =
        isOver || !wasReached() || !mayPreferOther(err) || encryption === encryptions.at(-1);
      if (isLast || !isWithoutTls(err)) {
        const where = `${host.host}:${host.port} (${encryption})`;
        failures.push({ where, err: isOver ? noAnswer(options.timeoutMs, err) : err });
      }
      if (isLast) return undefined;
    }
  }
  return undefined;
}

/** A server that lets nobody in this way may do so in the other, and so may one whose TLS is broken. */
const mayPreferOther = (err: unknown): boolean =>
  isDatabaseError(err) ? err.code === "28000" : !(err instanceof WrongSessionError);

const noAnswer = (timeoutMs: number, cause: unknown): Error =>
  new Error(`no answer within ${timeoutMs} ms`, { cause });

/** Conditions under which a server is as wanted. */
const CONDITIONS: Readonly<Partial<Record<SessionAttributes, string>>> = {
  "read-write": "current_setting('transaction_read_only') = 'off'",
  "read-only": "current_setting('transaction_read_only') = 'on'",
  primary: "NOT pg_is_in_recovery()",
  standby: "pg_is_in_recovery()",
};

/** @throws WrongSessionError when the server is not as wanted. */
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
