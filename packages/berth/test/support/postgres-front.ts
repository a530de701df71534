// A proxy in front of a PostgreSQL server, with or without TLS, plain text and client certificates.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type SecureContextOptions, TLSSocket, type TLSSocketOptions } from "node:tls";
import { errorResponse } from "./fake-postgres";

/** What the proxy requires of clients. */
export interface FrontOptions {
  /** The server's certificate; without one it has no TLS. */
  certificate?: SecureContextOptions;
  /** Only clients with a certificate of this authority are accepted. */
  clientAuthority?: string;
  /** Whether unencrypted clients are refused, as by `hostssl`. */
  refusesPlainText?: boolean;
}

/** A running proxy. */
export interface PostgresFront {
  port: number;
  /** The encryption of each accepted client, in order. */
  served: ("tls" | "plain text")[];
  /** Closes all connections, and each new one at once, until `resume`. */
  interrupt(): void;
  resume(): void;
  close(): Promise<void>;
}

const file = (name: string): string => join(__dirname, "certificates", name);

/** The file of the test authority's certificate. */
export const AUTHORITY = file("authority.crt");

/** The files of the certificate and the key for a name: `localhost` or `elsewhere.example`. */
export const certificateFiles = (name: string) => ({
  cert: file(`${name}.crt`),
  key: file(`${name}.key`),
});

export const certificate = (name: string): SecureContextOptions => {
  const { cert, key } = certificateFiles(name);
  return { cert: readFileSync(cert), key: readFileSync(key) };
};

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Starts the proxy on a free port of `localhost`. */
export async function startPostgresFront(
  target: URL,
  options: FrontOptions,
): Promise<PostgresFront> {
  const served: PostgresFront["served"] = [];
  const sockets = new Set<Socket>();

  const accept = (client: Socket, how: "tls" | "plain text", first?: Buffer) => {
    served.push(how);
    const server = connect(Number(target.port), target.hostname.replace(/[[\]]/g, ""));
    if (first) server.write(first);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("error", () => undefined).on("close", () => to.destroy());
      from.pipe(to);
    }
  };
  const welcome = (client: Socket, hello: Buffer) => {
    if (!hello.equals(SSL_REQUEST)) {
      const refusal = errorResponse(
        "FATAL",
        "28000",
        "no pg_hba.conf entry for this host, no encryption",
      );
      return options.refusesPlainText ? client.end(refusal) : accept(client, "plain text", hello);
    }
    if (!options.certificate) {
      client.write("N");
      return client.once("data", (next) => welcome(client, next));
    }
    client.write("S");
    const secured = new TLSSocket(client, tlsOptions(options));
    secured.on("error", () => client.destroy()).once("secure", () => accept(secured, "tls"));
  };

  let isInterrupted = false;
  const server = createServer((client) => {
    if (isInterrupted) return client.destroy();
    sockets.add(client.on("error", () => undefined));
    client.once("data", (hello) => welcome(client, hello));
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    served,
    interrupt() {
      isInterrupted = true;
      for (const socket of sockets) socket.destroy();
    },
    resume: () => void (isInterrupted = false),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

const tlsOptions = ({ certificate, clientAuthority }: FrontOptions): TLSSocketOptions => ({
  isServer: true,
  ...certificate,
  ...(clientAuthority && { requestCert: true, rejectUnauthorized: true, ca: clientAuthority }),
});
