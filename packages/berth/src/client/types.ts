// The types of a service client's options, its calls and their results.
import type { Logger } from "pino";
import type * as v from "valibot";

/** The options of a service client. */
export interface ServiceClientOptions {
  /** The service's name in problems, `/readyz` and log lines, such as `stock`. */
  name: string;
  /** The service's URL; its path is the prefix of all calls' paths. */
  url: string;
  logger: Pick<Logger, "info" | "warn">;
  /**
   * How long a call may take, retries included, in milliseconds; 5 s by default. It also ends at the deadline of the request
   * being handled.
   */
  timeoutMs?: number;
  /** The connect timeout, in milliseconds; 1 s by default. */
  connectTimeoutMs?: number;
  /** How long the service may send nothing during a call, in milliseconds; 3 s by default. */
  silenceTimeoutMs?: number;
  /** The most connections, besides one for pings; further calls wait for one. 50 by default. */
  connections?: number;
  /** The largest response body, in bytes; 1 MiB by default. */
  responseLimitBytes?: number;
  /** The path for `ping`; `/livez` by default. With `/readyz`, two services that call each other would ping each other forever. */
  pingPath?: string;
}

/** One call. */
export type Call<Schema extends v.GenericSchema | undefined> = CallParts &
  (
    | { method: "HEAD"; response?: undefined }
    | {
        method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
        /** The schema of the response body; without it, the body is ignored. */
        response?: Schema;
      }
  );

interface CallParts {
  /** Begins with `/`; user input in it must be validated or encoded (`encodeURIComponent`). */
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** How long this call may take, in milliseconds; the client's `timeoutMs` by default. */
  timeoutMs?: number;
  /** Whether the call may be sent again; by default not if it is a POST or PATCH without an `Idempotency-Key`. */
  isIdempotent?: boolean;
}

/** A call with or without a schema. */
export type AnyCall = Call<v.GenericSchema | undefined>;

/** What a call resolves with. */
export type ResponseBodyOf<Schema> = Schema extends v.GenericSchema ? v.InferOutput<Schema> : void;
