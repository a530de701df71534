// Reads what a client says: first the startup, then typed messages.
import type { ReadBytes } from "./byte-reader";

const PROTOCOL_3 = 3;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const MAX_STARTUP_BYTES = 10_000;
const MAX_MESSAGE_BYTES = 2 ** 28;
/** Query, Parse, Bind, Describe, Execute, Close, Sync, Flush, FunctionCall, Terminate and the three of COPY. */
const KNOWN_TYPES = "QPBDECSHFXdcf";

/** Thrown when the bytes are not the PostgreSQL protocol; the connection cannot go on. */
export class ProtocolError extends Error {}

/**
 * Resolves to the parameters of the session that the client starts, `user` and `database` among them; to undefined when it only
 * wanted something else, as to cancel a query.
 * @throws ProtocolError when the first message is none of the protocol's.
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

/** Names and values in turn, each ended by a zero, follow the four bytes of the version. */
function parseParameters(body: Buffer): Map<string, string> {
  const texts = body.toString("utf8", 4).split("\0");
  return new Map(
    texts.flatMap((text, index) => (index % 2 === 0 ? [[text, texts[index + 1] ?? ""]] : [])),
  );
}

/**
 * Yields each message, whole, until the client says goodbye or leaves.
 *
 * PGlite never answers again after a message type that PostgreSQL does not know, so these end here.
 * @throws ProtocolError when the type is unknown or the length is impossible.
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

/** The letter that says what a message is. */
export function typeOf(message: Buffer): string {
  return String.fromCharCode(message[0] ?? 0);
}
