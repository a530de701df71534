// Attaches Redis by URL, for what can be done without while it is away: each command is answered, or fails, in short time.
import type * as Ioredis from "ioredis";
import type { Logger } from "pino";
import type { ConfigOf } from "../process/environment";
import { createCircuit } from "../backing/circuit-breaker";
import { parseRedisUrl } from "./url";
import type { redisVariables } from "./variables";
import type { AttachOptions, BackingService } from "../backing/attach";
import { BackingServiceUnavailable } from "../backing/unavailable";

/** How Redis is attached. */
export interface RedisOptions {
  /** `redis://user:password@host:port/number`, or `rediss://` for TLS. */
  url: string;
  /** Told when it is away, and when it is back. */
  logger: Pick<Logger, "info" | "warn">;
}

/** An attached Redis. */
export interface Redis {
  /**
   * Runs one command, such as `send("INCR", "visits")`.
   * @throws BackingServiceUnavailable when Redis is down, mute, or takes no commands; ReplyError when this one is wrong.
   */
  send: (command: string, ...args: (string | number)[]) => Promise<unknown>;
  /** Resolves when Redis takes commands, those that write among them. @throws BackingServiceUnavailable */
  ping: () => Promise<void>;
  close: () => Promise<void>;
}

/** How long a command may take, in milliseconds: a request that waits for it waits no longer. */
const COMMAND_MS = 250;

/** How long a connection may take to stand, or be mute while a command is under way, in milliseconds. */
const MUTE_MS = 1000;

/** The pause before it is connected again, in milliseconds: longer each time, up to a limit. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 2000;

/**
 * What Redis says when it takes no commands, or none that write; before version 7 it repeats what a script was told.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const TAKES_NONE =
  /^(ERR Error running script.* -)?(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOAUTH|NOREPLICAS|OOM|READONLY|TRYAGAIN|WRONGPASS)\b/;

/** Refused wherever a write would be, while PING is answered as if all were well; by itself it never changes anything. */
const WRITES_NOTHING = ["SETRANGE", "berth:check", 0, ""] as const;

/** The entry of Redis among a process' backing services, where REDIS_URL is set; a process is ready without it. */
export function attachRedis({
  config,
  logger,
}: AttachOptions<ConfigOf<typeof redisVariables>>): BackingService<Redis> | undefined {
  if (config.REDIS_URL === undefined) return undefined;
  const redis = createRedis({ url: config.REDIS_URL, logger });
  return { use: redis, check: redis.ping, isRequired: false, close: redis.close };
}

/**
 * Attaches Redis; it is connected from now on, and again whenever the connection breaks.
 * @throws RedisUrlError when the URL is none.
 */
export function createRedis({ url, logger }: RedisOptions): Redis {
  const settings = parseRedisUrl(url);
  const client = new (loadClient())({
    ...settings,
    commandTimeout: COMMAND_MS,
    connectTimeout: MUTE_MS,
    socketTimeout: MUTE_MS,
    retryStrategy: (times) => Math.min(times * FIRST_PAUSE_MS, LAST_PAUSE_MS),
    // A command that is sent again might count twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The server has become a replica: its name may lead to another one now.
    reconnectOnError: ({ message }) => message.startsWith("READONLY"),
  });
  const circuit = createCircuit("redis", logger);
  /** Why the last command was not answered. */
  let reason: unknown;
  let isWarned = false;
  // Why a connection broke says more than what became of its commands; unheard, it would end the process.
  client.on("error", (err: unknown) => {
    const isOfSelect = (err as { command?: { name: string } }).command?.name === "select";
    reason = withoutCommand(err);
    if (isOfSelect) refuseDatabase();
  });

  /** ioredis would go on, in database 0. */
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
    const leave = circuit.enter();
    if (typeof leave === "number") throw new BackingServiceUnavailable("redis", reason);
    try {
      const reply = await client.call(command, ...args);
      reason = undefined;
      leave("answers");
      return reply;
    } catch (thrown) {
      const err = withoutCommand(thrown);
      if (isReply(err) && !TAKES_NONE.test(err.message)) {
        leave("answers");
        throw err;
      }
      reason ??= err;
      leave("away", reason);
      throw new BackingServiceUnavailable("redis", reason);
    }
  }

  return {
    send,
    async ping() {
      try {
        await send(...WRITES_NOTHING);
      } catch (err) {
        // It takes commands, though not this one: the user may not use it, or the key is another member's of a cluster.
        if (!isReply(err)) throw err;
      }
    },
    close() {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

/** The command that signs in has the password among its arguments, and errors are logged. */
function withoutCommand(err: unknown): unknown {
  if (isReply(err)) delete (err as { command?: unknown }).command;
  return err;
}

const isReply = (err: unknown): err is Error => (err as Error).name === "ReplyError";

/** Loaded only where Redis is attached. */
const loadClient = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("ioredis") as typeof Ioredis).Redis;
