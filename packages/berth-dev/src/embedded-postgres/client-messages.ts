// Parses the PostgreSQL wire protocol from a client: the startup message, then typed messages.

const PROTOCOL_3 = 3;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const MAX_STARTUP_BYTES = 10_000;
const MAX_MESSAGE_BYTES = 2 ** 28;
/** Query, Parse, Bind, Describe, Execute, Close, Sync, Flush, FunctionCall, Terminate, and three types of COPY. */
const KNOWN_TYPES = "QPBDECSHFXdcf";

/** Thrown when the bytes are not the PostgreSQL protocol. The connection cannot continue. */
export class ProtocolError extends Error {}

/** Resolves to the next `length` bytes; to undefined if the stream ends first. */
export type ReadBytes = (length: number) => Promise<Buffer | undefined>;

/** Creates the only reader of `source`. It reads no further than requested (backpressure). */
export function createByteReader(source: AsyncIterable<Buffer>): ReadBytes {
  const chunks = source[Symbol.asyncIterator]();
  let pending: Buffer[] = [];
  let size = 0;
  return async (length) => {
    while (size < length) {
      const next = await chunks.next();
      if (next.done) return undefined;
      pending.push(next.value);
      size += next.value.length;
    }
    const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    pending = [bytes.subarray(length)];
    size -= length;
    return bytes.subarray(0, length);
  };
}

/**
 * Resolves to the parameters of the client's startup message, including `user` and `database`; to undefined if the client sends
 * another request, such as one to cancel a query.
 * @throws ProtocolError when the first message is invalid.
 */
export async function readStartup(
  read: ReadBytes,
  refuseEncryption: () => unknown,
): Promise<Map<string, string> | undefined> {
  for (;;) {
    const length = (await read(4))?.readInt32BE();
    if (length === undefined) return undefined;
    if (length < 8 || length > MAX_STARTUP_BYTES) throw new ProtocolError("not a startup message");
    const body = await read(length - 4);
    const code = body?.readInt32BE();
    if (code !== SSL_REQUEST && code !== GSSENC_REQUEST)
      return body && (code ?? 0) >> 16 === PROTOCOL_3 ? parseParameters(body) : undefined;
    refuseEncryption();
  }
}

/** Zero-terminated names and values alternate after the four bytes of the version. */
function parseParameters(body: Buffer): Map<string, string> {
  const texts = body.toString("utf8", 4).split("\0");
  return new Map(
    texts.flatMap((text, index) => (index % 2 === 0 ? [[text, texts[index + 1] ?? ""]] : [])),
  );
}

/**
 * Yields each complete message until the client sends Terminate or disconnects.
 *
 * Rejects unknown message types: PGlite never responds again after one.
 * @throws ProtocolError when the type is unknown or the length is invalid.
 */
export async function* readMessages(read: ReadBytes): AsyncGenerator<Buffer> {
  for (;;) {
    const head = await read(5);
    if (head === undefined) return;
    const length = head.readInt32BE(1);
    if (!KNOWN_TYPES.includes(typeOf(head))) throw new ProtocolError("unknown message type");
    if (length < 4 || length > MAX_MESSAGE_BYTES) throw new ProtocolError("bad message length");
    const body = await read(length - 4);
    if (body === undefined || typeOf(head) === "X") return;
    yield Buffer.concat([head, body]);
  }
}

/** The letter of a message's type. */
export function typeOf(message: Buffer): string {
  return String.fromCharCode(message[0] ?? 0);
}
