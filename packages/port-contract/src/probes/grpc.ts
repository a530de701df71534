// gRPC: calls the standard health service for the server as a whole, over cleartext HTTP/2.
import type { Connection } from "../harness/connection";
import { NoResponse, WrongProtocol } from "../harness/missing-response";
import { within } from "../harness/wait";
import type { Probe } from "./probe";

/** `--probe grpc`. @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export const probe: Probe = {
  name: "grpc",
  async run(connection, _settings, limitMs) {
    connection.socket.write(question());
    const message = await readMessage(connection, limitMs);
    // Bytes 0 to 4 are the message's prefix, byte 5 is the tag of the first field.
    const status = message && STATUSES[message[6] ?? 0];
    return { text: status ?? "no health service", ready: status !== "NOT_SERVING" };
  },
};

const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING"];

/** Types of frames. @see https://www.rfc-editor.org/rfc/rfc9113#name-frame-definitions */
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const GOAWAY = 7;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const FRAME_HEAD = 9;
/** The default SETTINGS_MAX_FRAME_SIZE. Bytes of another protocol, read as a length, exceed it. */
const MAX_FRAME_SIZE = 16_384;
const STREAM = 1;

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A literal header field without Huffman coding. @see https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2 */
const header = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);

const question = (): Buffer =>
  Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(SETTINGS, 0, 0),
    frame(
      HEADERS,
      END_HEADERS,
      STREAM,
      Buffer.concat([
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", "/grpc.health.v1.Health/Check"),
        header(":authority", "localhost"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
      ]),
    ),
    // An empty message, uncompressed.
    frame(DATA, END_STREAM, STREAM, Buffer.alloc(5)),
  ]);

/**
 * Resolves to the response message, or to undefined when there is only a status.
 *
 * @throws WrongProtocol when the response is not HTTP/2
 * @throws NoResponse when the connection ends first, or after `limitMs`
 */
async function readMessage(connection: Connection, limitMs: number): Promise<Buffer | undefined> {
  const deadline = performance.now() + limitMs;
  let isFirst = true;
  let message: Buffer | undefined;
  for (;;) {
    for (const { type, flags, payload } of takeFrames(connection)) {
      if (isFirst && type !== SETTINGS) throw new WrongProtocol("responds in another protocol");
      isFirst = false;
      if (type === SETTINGS && !(flags & ACK)) connection.socket.write(frame(SETTINGS, ACK, 0));
      if (type === GOAWAY) throw new NoResponse("sent GOAWAY without a response");
      if (type === DATA) message = payload;
      if ((type === HEADERS || type === DATA) && flags & END_STREAM) return message;
    }
    const left = deadline - performance.now();
    if (left <= 0) throw new NoResponse(`no response within ${limitMs / 1000} s`);
    if (connection.ending())
      throw new NoResponse(`closed (${connection.ending()}) without a response`);
    await within(connection.changed(), left);
  }
}

/** Takes the received frames. A frame that is too large is another protocol's, and is returned incomplete. */
function* takeFrames(connection: Connection) {
  for (;;) {
    const received = Buffer.from(connection.received(), "latin1");
    if (received.length < FRAME_HEAD) return;
    const end = FRAME_HEAD + received.readUIntBE(0, 3);
    const isWhole = received.length >= end;
    if (!isWhole && end <= FRAME_HEAD + MAX_FRAME_SIZE) return;
    connection.take(end);
    const [type = 0, flags = 0] = received.subarray(3);
    yield { type, flags, payload: received.subarray(FRAME_HEAD, end) };
  }
}
