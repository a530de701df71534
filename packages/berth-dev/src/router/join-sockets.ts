// Connects a client with an instance that has agreed to speak another protocol, until one of them ends.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./forward";

/** Lets go of what a client has asked for that ends its side of the connection, as nginx does: nearly always it has gone. */
export function hangUp(this: Socket): void {
  this.destroy();
}

/** @param head What the instance has sent after its answer. */
export function joinSockets(
  exchange: Exchange,
  answer: IncomingMessage,
  upstream: Socket,
  head: Buffer,
): void {
  const { req, res, upgradeHead } = exchange;
  const client = req.socket;
  if (upgradeHead === undefined) {
    upstream.destroy();
    return void res.destroy();
  }
  client.off("end", hangUp);
  res.detachSocket(client);
  client.write(headText(answer));
  client.write(head);
  upstream.write(upgradeHead);
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    // What it has sent before its end is still on its way.
    from.on("close", () => to.destroySoon());
  }
}

function headText({ rawHeaders, statusCode, statusMessage }: IncomingMessage): string {
  const lines = rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("")}\r\n`;
}
