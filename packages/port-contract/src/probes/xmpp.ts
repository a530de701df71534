// XMPP: a stream header is answered by a stream header; an unknown domain shows in a later stream error.
import { WrongProtocol } from "../harness/missing-answer";
import type { Probe } from "./probe";
import { readUntil } from "./read-until";

const streamHeader =
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' " +
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/** `--probe xmpp`. @see RFC 6120, section 4.2 */
export const probe: Probe = {
  name: "xmpp",
  async ask(connection, _settings, limitMs) {
    connection.socket.write(streamHeader);
    const text = await readUntil(connection, />.*>|[^<\s]/s, limitMs);
    const header = /<stream:stream\b[^>]*>/.exec(text)?.[0];
    if (!header) throw new WrongProtocol(`answered ${JSON.stringify(text.slice(0, 60))}`);
    return { text: "<stream:stream …>", ready: true };
  },
};
