// The protocols that can be probed. Each probe sends the smallest request that shows that a service speaks its protocol.
import { exchange } from "./harness/http";
import { WrongProtocol } from "./harness/missing-response";
import { probe as grpc } from "./probes/grpc";
import { type Probe, readUntil } from "./probes/probe";
import { parseOneOf } from "./args";

/** GET of the path; a status below 500 means ready. */
const http: Probe = {
  name: "http",
  async run(connection, { path }, limitMs) {
    const { status, statusLine } = await exchange(connection, { path }, limitMs);
    return { text: statusLine, ready: status < 500 };
  },
};

/**
 * PING; the response is +PONG, -NOAUTH if Redis has a password, or -LOADING while it loads its data set.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export const redis: Probe = {
  name: "redis",
  async run(connection, _settings, limitMs) {
    connection.socket.write("PING\r\n");
    const text = (await readUntil(connection, /\r\n/, limitMs)).trim();
    if (!/^(\+PONG|-[A-Z]+ )/.test(text)) throw new WrongProtocol(`responded ${text} to PING`);
    return { text, ready: /^(\+PONG|-NOAUTH)/.test(text) };
  },
};

const streamHeader =
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' " +
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/** A stream header; the response is a stream header, even if the domain is unknown. @see RFC 6120, section 4.2 */
export const xmpp: Probe = {
  name: "xmpp",
  async run(connection, _settings, limitMs) {
    connection.socket.write(streamHeader);
    const text = await readUntil(connection, />.*>|[^<\s]/s, limitMs);
    const header = /<stream:stream\b[^>]*>/.exec(text)?.[0];
    if (!header) throw new WrongProtocol(`responded ${JSON.stringify(text.slice(0, 60))}`);
    return { text: "<stream:stream …>", ready: true };
  },
};

/** Sends nothing: in protocols such as SMTP, FTP and SSH, the server sends a banner first. */
const tcpBanner: Probe = {
  name: "tcp-banner",
  async run(connection, _settings, limitMs) {
    const text = await readUntil(connection, /\n/, limitMs);
    return { text: text.split(/\r?\n/, 1)[0] ?? "", ready: true };
  },
};

const probes: readonly Probe[] = [http, redis, grpc, xmpp, tcpBanner];

/** The values of `--probe`; the first one is the default. */
export const probeNames: readonly string[] = probes.map(({ name }) => name);

/** Finds a probe by its name. @throws UsageError when the name is unknown */
export function probeNamed(name: string): Probe {
  parseOneOf("--probe", name, probeNames);
  return probes.find((probe) => probe.name === name) as Probe;
}
