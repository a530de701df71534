// A fake PostgreSQL server with scripted responses: rows, errors, refusals, or none.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Rows of one column `value`, an error, which can be fatal, or no response. */
export type ScriptedResponse =
  { value: string }[] | { sqlState: string; isFatal?: boolean } | "silence";

/** The behaviour of the server; a test can change it while the server runs. */
export interface Behaviour {
  /** The response to a start-up message: accepted, refused with an SQLSTATE, or none. */
  greeting: "welcome" | "silence" | { sqlState: string };
  /** Settings in the start-up message that are refused, as by poolers; the error names the first one. */
  refusedSettings?: string[];
  respond: (sql: string) => ScriptedResponse | Promise<ScriptedResponse>;
}

export interface FakePostgres extends Behaviour {
  port: number;
  url: string;
  /** The number of start-up messages. */
  startups: () => number;
  /** The number of connected clients. */
  clients: () => number;
  /** The statements so far, in order. */
  statements: string[];
  /** Ends all connections with this error, as an administrator does. */
  end(sqlState: string): void;
  close(): Promise<void>;
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, ...fields: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(fields.map((field) => Buffer.from(field)));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** An ErrorResponse; after `FATAL` the server ends the connection. */
export const errorResponse = (severity: "FATAL" | "ERROR", sqlState: string, text: string) =>
  message("E", `S${severity}\0V${severity}\0C${sqlState}\0M${text}\0\0`);

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 65535)]);

/** Idle, or in a transaction. */
type Status = "I" | "T";
const ready = (status: Status): Buffer => message("Z", status);
const WELCOME = Buffer.concat([
  message("R", int32(0)),
  message("K", int32(1), int32(1)),
  ready("I"),
]);
/** A text column named `value`. */
const DESCRIPTION = message(
  "T",
  int16(1),
  "value\0",
  int32(0),
  int16(0),
  int32(25),
  int16(-1 & 65535),
  int32(-1),
  int16(0),
);
const row = (value: string): Buffer =>
  message("D", int16(1), int32(Buffer.byteLength(value)), value);

function render(response: ScriptedResponse, status: Status): Buffer {
  if (response === "silence") return Buffer.alloc(0);
  if ("sqlState" in response) {
    const { sqlState, isFatal } = response;
    if (isFatal) return errorResponse("FATAL", sqlState, sqlState);
    return Buffer.concat([errorResponse("ERROR", sqlState, sqlState), ready(status)]);
  }
  const rows = response.map(({ value }) => row(value));
  const done = message("C", `SELECT ${rows.length}\0`);
  return Buffer.concat([DESCRIPTION, ...rows, done, ready(status)]);
}

const SSL_REQUEST = 80877103;

/** Starts the server on a free port of `localhost`; by default, it accepts all clients and responds with no rows. */
export async function startFakePostgres(given: Partial<Behaviour> = {}): Promise<FakePostgres> {
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  let startups = 0;

  const greet = (socket: Socket, startup: string) => {
    startups += 1;
    const { greeting, refusedSettings = [] } = fake;
    const refused = refusedSettings.find((name) => startup.includes(`\0${name}\0`));
    if (refused !== undefined) {
      const text = `unsupported startup parameter: ${refused}`;
      socket.end(errorResponse("FATAL", "08P01", text));
    } else if (greeting === "welcome") socket.write(WELCOME);
    else if (greeting !== "silence") {
      socket.end(errorResponse("FATAL", greeting.sqlState, greeting.sqlState));
    }
  };

  const serve = (socket: Socket) => {
    let bytes = Buffer.alloc(0);
    let isLetIn = false;
    let status: Status = "I";
    /** Removes one message from the buffer: type, length, body; the start-up message has no type. */
    const take = () => {
      const start = isLetIn ? 1 : 0;
      if (bytes.length < start + 4) return undefined;
      const end = start + bytes.readInt32BE(start);
      if (bytes.length < end) return undefined;
      const taken = bytes.subarray(0, end);
      bytes = bytes.subarray(end);
      return taken;
    };
    const handle = (taken: Buffer) => {
      const type = String.fromCharCode(taken[0] as number);
      if (!isLetIn && taken.readInt32BE(4) === SSL_REQUEST) {
        if (fake.greeting !== "silence") socket.write("N");
      } else if (!isLetIn) {
        isLetIn = true;
        greet(socket, taken.toString());
      } else if (type === "X") socket.end();
      else if (type === "Q" || type === "P") {
        // Parse has the statement's name, here empty, before its text.
        const text = taken.subarray(type === "Q" ? 5 : 6);
        const sql = text.toString("utf8", 0, text.indexOf(0));
        statements.push(sql);
        if (sql.startsWith("BEGIN")) status = "T";
        if (/^(COMMIT|ROLLBACK)$/.test(sql)) status = "I";
        void Promise.resolve(fake.respond(sql)).then((response) => {
          socket.write(render(response, status));
          if (typeof response === "object" && "isFatal" in response) socket.end();
        });
      }
    };
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let taken = take(); taken; taken = take()) handle(taken);
    });
  };

  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined).on("close", () => sockets.delete(socket)));
    serve(socket);
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const fake: FakePostgres = {
    greeting: "welcome",
    respond: () => [],
    ...given,
    port,
    url: `postgres://user:hunter2@localhost:${port}/db`,
    startups: () => startups,
    clients: () => sockets.size,
    statements,
    end: (sqlState) => {
      for (const socket of sockets) socket.end(errorResponse("FATAL", sqlState, sqlState));
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return fake;
}
