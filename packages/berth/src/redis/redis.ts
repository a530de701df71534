// Attaches Redis by URL, for uses that do without it while it is down: each command succeeds or fails within 250 ms.
import type * as Ioredis from "ioredis";
import type { Logger } from "pino";
import type { ConfigOf } from "../process/environment";
import { commandEnd } from "../process/channels";
import { createCircuitBreaker } from "../backing/circuit-breaker";
import type { AttachOptions, BackingService } from "../backing/attach";
import { BackingServiceUnavailable } from "../backing/unavailable";
import { parseRedisUrl, type redisVariables } from "./url";

/** The options of Redis. */
export interface RedisOptions {
  /** `redis://user:password@host:port/number`, or `rediss://` for TLS. */
  url: string;
  /** Logs when the circuit breaker opens and closes. */
  logger: Pick<Logger, "info" | "warn">;
}

/** An attached Redis. */
export interface Redis {
  /**
   * Runs one command, such as `send("INCR", "visits")`.
   * @throws BackingServiceUnavailable when Redis is down, does not respond or accepts no commands; ReplyError when it refuses
   *   this command.
   */
  send: (command: string, ...args: (string | number)[]) => Promise<unknown>;
  /** Resolves if Redis accepts commands, including writes. @throws BackingServiceUnavailable */
  ping: () => Promise<void>;
  close: () => Promise<void>;
}

/** The command timeout, in milliseconds: Redis delays a request by no more. */
const COMMAND_TIMEOUT_MS = 250;

/** The timeout of connecting, and of a connection that is silent while a command is in flight, in milliseconds. */
const SOCKET_TIMEOUT_MS = 1000;

/** The delay before reconnecting, in milliseconds; it grows by the first one each time, up to the limit. */
const FIRST_RECONNECT_MS = 50;
const MAX_RECONNECT_MS = 2000;

/**
 * Error codes with which Redis refuses all commands, or all writes; before version 7 it wraps those of a script.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const REFUSES_ALL =
  /^(ERR Error running script.* -)?(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOAUTH|NOREPLICAS|OOM|READONLY|TRYAGAIN|WRONGPASS)\b/;

/** A write that changes nothing. Unlike PING, it fails where writes are refused, as on a replica. */
const NO_OP_WRITE = ["SETRANGE", "berth:check", 0, ""] as const;

/** The backing service entry of Redis, if REDIS_URL is set; the process is ready without it. */
export function attachRedis({
  config,
  logger,
}: AttachOptions<ConfigOf<typeof redisVariables>>): BackingService<Redis> | undefined {
  if (config.REDIS_URL === undefined) return undefined;
  const redis = createRedis({ url: config.REDIS_URL, logger });
  return { use: redis, check: redis.ping, isRequired: false, close: redis.close };
}

/**
 * Attaches Redis; connects in the background, and again whenever the connection breaks.
 * @throws RedisUrlError when the URL is invalid.
 */
export function createRedis({ url, logger }: RedisOptions): Redis {
  const settings = parseRedisUrl(url);
  const client = new (loadClient())({
    ...settings,
    connectTimeout: SOCKET_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * FIRST_RECONNECT_MS, MAX_RECONNECT_MS),
    // A command that is sent again could count a request twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // After a failover, the host name may resolve to the new primary.
    reconnectOnError: ({ message }) => message.startsWith("READONLY"),
  });
  const circuit = createCircuitBreaker("redis", logger);
  /** Why Redis is unavailable: the error of the connection or of the first failed command. */
  let reason: unknown;
  let isWarned = false;
  // A connection's error says more than those of its commands. Without a listener, it would crash the process.
  client.on("error", (err: unknown) => {
    const isOfSelect = (err as { command?: { name: string } }).command?.name === "select";
    reason = withoutCommand(err);
    if (isOfSelect) refuseDatabase();
  });

  /** Reconnects, as ioredis would continue with database 0. */
  function refuseDatabase(): void {
    client.disconnect(true);
    if (isWarned) return;
    isWarned = true;
    logger.warn(
      { err: reason },
      `redis cannot be used: database ${settings.db} of its URL cannot be selected. Correct the number after the /, or leave it out`,
    );
  }

  async function send(command: string, ...args: (string | number)[]): Promise<unknown> {
    const report = circuit.tryAcquire();
    if (typeof report === "number") throw new BackingServiceUnavailable("redis", reason);
    const startedAt = performance.now();
    const publishEnd = (err?: unknown): void => {
      if (!commandEnd.hasSubscribers) return;
      commandEnd.publish({ command, startedAt, durationMs: performance.now() - startedAt, err });
    };
    try {
      const reply = await inTime(client.call(command, ...args));
      publishEnd();
      reason = undefined;
      report("success");
      return reply;
    } catch (thrown) {
      const err = withoutCommand(thrown);
      publishEnd(err);
      if (isReply(err) && !REFUSES_ALL.test(err.message)) {
        report("success");
        throw err;
      }
      reason ??= err;
      report("failure", reason);
      throw new BackingServiceUnavailable("redis", reason);
    }
  }

  return {
    send,
    async ping() {
      try {
        await send(...NO_OP_WRITE);
      } catch (err) {
        // It accepts commands, but not this one: an ACL forbids it, or the key belongs to another node of a cluster.
        if (!isReply(err)) throw err;
      }
    },
    close() {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

/**
 * Rejects if there is no reply in time. Unlike ioredis' `commandTimeout`, it reads what has arrived first: if this process'
 * event loop was blocked, its timers are late as well, and Redis is not to blame.
 */
function inTime(reply: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const expire = (): void => reject(new Error("Command timed out"));
    timer = setTimeout(() => setImmediate(expire), COMMAND_TIMEOUT_MS);
  });
  return Promise.race([reply, timeout]).finally(() => clearTimeout(timer));
}

/** Errors are logged, and ioredis adds the command to them: the arguments of AUTH contain the password. */
function withoutCommand(err: unknown): unknown {
  if (isReply(err)) delete (err as { command?: unknown }).command;
  return err;
}

const isReply = (err: unknown): err is Error => (err as Error).name === "ReplyError";

/** Loaded only where Redis is attached. */
const loadClient = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("ioredis") as typeof Ioredis).Redis;
