// The types of a service client's options, its calls and their results.
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Logger } from "pino";
import type * as v from "valibot";
import type { ContentChunks } from "./content";

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
  /** The most connections, besides one for pings and as many again for streams; further calls wait for one. 50 by default. */
  connections?: number;
  /** The largest response body, in bytes; 1 MiB by default. That of a stream is not limited by this. */
  responseLimitBytes?: number;
  /** The path for `ping`; `/livez` by default. With `/readyz`, two services that call each other would ping each other forever. */
  pingPath?: string;
  /** Signs each request, also a repeated one and a ping, just before it is sent: returns the headers to add or replace. */
  sign?: Sign;
}

/** Signs a request. A rejection fails the call, as it is. */
export type Sign = (request: RequestToSign) => SignedHeaders | Promise<SignedHeaders>;

/** Headers by name, or as pairs, such as a `Headers`. */
export type SignedHeaders = Readonly<Record<string, string>> | Iterable<[string, string]>;

/** A request as it will be sent. */
export interface RequestToSign {
  method: string;
  /** The whole URL. */
  url: string;
  /** By lower-case name, without those of the connection: `host`, `content-length` and the like. */
  headers: Record<string, string>;
  /** The bytes of the body; undefined without one, and for a stream. */
  body: Uint8Array<ArrayBuffer> | undefined;
  /** Whether the body is a stream, which cannot be part of the signature. */
  isStream: boolean;
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

/** What `request` sends. */
export interface RequestCall extends CallParts {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Statuses from 300 on that are no errors, such as 304 and 404; none by default. They are not retried either. */
  accept?: readonly number[];
}

/** What `stream` sends. */
export interface StreamCall extends RequestCall {
  /** The largest response body, in bytes; unlimited by default. */
  limitBytes?: number;
}

interface CallParts {
  /** Begins with `/`; user input in it must be validated or encoded (`encodeURIComponent`). */
  path: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of a `body`. */
  content?: Content;
  headers?: Readonly<Record<string, string>>;
  /** How long this call may take, in milliseconds; the client's `timeoutMs` by default. */
  timeoutMs?: number;
  /** Whether the call may be sent again; by default not if it is a POST or PATCH without an `Idempotency-Key`. */
  isIdempotent?: boolean;
}

/** Bytes, text or a stream to send. */
export interface Content {
  /** The Content-Type. */
  type: string;
  /**
   * Text is sent as UTF-8. A stream is sent once: after its first byte, the call is not retried. It is destroyed if the call
   * fails, unless it is the request of a client.
   */
  data: Uint8Array | string | ContentChunks;
  /** The size of a stream, in bytes; without it, the stream is sent in chunks, which object stores refuse. */
  length?: number;
}

/** A call with or without a schema. */
export type AnyCall = Call<v.GenericSchema | undefined>;

/** What a call resolves with. */
export type ResponseBodyOf<Schema> = Schema extends v.GenericSchema ? v.InferOutput<Schema> : void;

/** A whole response. */
export interface ServiceResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body; decoded if it has a `Content-Encoding`, unless it is a part (206). */
  bytes: Buffer;
  /** The body, decoded as UTF-8. */
  text(): string;
  /** The body as parsed by the schema, whatever its media type. @throws ServiceError when it does not match. */
  json<Schema extends v.GenericSchema>(schema: Schema): v.InferOutput<Schema>;
}

/** A response whose body arrives while it is read. */
export interface ServiceStream {
  status: number;
  headers: IncomingHttpHeaders;
  /**
   * The body as sent, encoded if it has a `Content-Encoding`. It is an error (ServiceError) if it breaks off, stalls, is too
   * large, takes longer than the caller of this process waits, or is not read at all within 10 s. Destroy it to end the call
   * early; `pipeline` and a loop that is left do so.
   */
  body: Readable;
}
