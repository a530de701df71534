// Each probe against the smallest server of its protocol, and against another protocol.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { connect } from "../src/harness/connection";
import { parseOptions } from "../src/options";
import { probeNamed } from "../src/probes";
import { commandFrom } from "../src/command";

const settings = { ...parseOptions([]).about, command: commandFrom(["true"]) };

/** Runs a probe against a server with this connection listener. */
async function ask(name: string, serve: (socket: Socket) => void) {
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection = await connect({ host: "127.0.0.1", port });
  try {
    return await probeNamed(name).run(connection, settings, 1000);
  } finally {
    connection.close();
    server.close();
  }
}

const responding = (text: string | Buffer) => (socket: Socket) =>
  socket.once("data", () => socket.end(text));
const greeting = (text: string) => (socket: Socket) => socket.end(text);

describe("--probe http", () => {
  it("is ready below 500", async () => {
    const response = await ask(
      "http",
      responding("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    );
    expect(response).toEqual({ text: "HTTP/1.1 404 Not Found", ready: true });
  });

  it("is not ready at 503", async () => {
    const response = await ask(
      "http",
      responding("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
    );
    expect(response.ready).toBe(false);
  });

  it("rejects another protocol", async () => {
    await expect(ask("http", responding("-ERR unknown\r\n\r\n"))).rejects.toThrow(/responds "-ERR/);
  });
});

describe("--probe grpc", () => {
  const settings = "\0\0\0\x04\0\0\0\0\0";
  const head = (flags: string) => `\0\0\x01\x01${flags}\0\0\0\x01\x88`;
  const data = (status: string) => `\0\0\x07\0\0\0\0\0\x01\0\0\0\0\x02\x08${status}`;
  const bytesOf = (text: string) => Buffer.from(text, "latin1");
  const whole = (status: string) => bytesOf(settings + head("\x04") + data(status) + head("\x05"));

  it("is ready when the status is SERVING, even if it arrives byte by byte", async () => {
    const response = await ask("grpc", (socket) =>
      socket.once("data", () => {
        for (const byte of whole("\x01")) socket.write(Buffer.of(byte));
      }),
    );
    expect(response).toEqual({ text: "SERVING", ready: true });
  });

  it("is not ready while the status is NOT_SERVING", async () => {
    const response = await ask("grpc", responding(whole("\x02")));
    expect(response).toEqual({ text: "NOT_SERVING", ready: false });
  });

  it("is ready when the server has no health service", async () => {
    const response = await ask("grpc", responding(bytesOf(settings + head("\x05"))));
    expect(response).toEqual({ text: "no health service", ready: true });
  });

  it("rejects another protocol, and a server that sends GOAWAY", async () => {
    await expect(ask("grpc", responding("HTTP/1.1 400 Bad Request\r\n\r\n"))).rejects.toThrow(
      /another protocol/,
    );
    const goAway = `${settings}\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0`;
    await expect(ask("grpc", responding(bytesOf(goAway)))).rejects.toThrow(/GOAWAY/);
  });
});

describe("--probe redis", () => {
  it("is ready on +PONG", async () => {
    const response = await ask("redis", (socket) =>
      socket.once("data", (asked) =>
        socket.end(String(asked) === "PING\r\n" ? "+PONG\r\n" : "-ERR\r\n"),
      ),
    );
    expect(response).toEqual({ text: "+PONG", ready: true });
  });

  it("is not ready while the data set is loading", async () => {
    const response = await ask("redis", responding("-LOADING Redis is loading\r\n"));
    expect(response.ready).toBe(false);
  });

  it("rejects another protocol", async () => {
    await expect(ask("redis", greeting("220 mail ESMTP\r\n"))).rejects.toThrow(/responded 220/);
  });
});

describe("--probe xmpp", () => {
  it("is ready on a stream header, even in several chunks", async () => {
    const response = await ask("xmpp", (socket) =>
      socket.once("data", () => {
        socket.write("<?xml version='1.0'?>");
        socket.end("<stream:stream id='1' from='localhost' version='1.0'>");
      }),
    );
    expect(response).toEqual({ text: "<stream:stream …>", ready: true });
  });

  it("rejects another protocol", async () => {
    await expect(ask("xmpp", responding("HTTP/1.1 400 Bad Request\r\n\r\n"))).rejects.toThrow(
      /HTTP/,
    );
  });
});

describe("--probe tcp-banner", () => {
  it("is ready on the server's first line", async () => {
    const response = await ask("tcp-banner", greeting("220 mail.example ESMTP\r\n"));
    expect(response).toEqual({ text: "220 mail.example ESMTP", ready: true });
  });

  it("rejects a server that sends nothing", async () => {
    await expect(ask("tcp-banner", (socket) => socket.end())).rejects.toThrow(/closed/);
  });
});
