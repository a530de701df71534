// Redis: PING is answered +PONG; -LOADING comes while the data set is being read, -NOAUTH from one with a password.
import { WrongProtocol } from "../harness/missing-answer";
import type { Probe } from "./probe";
import { readUntil } from "./read-until";

/** `--probe redis`. @see https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export const probe: Probe = {
  name: "redis",
  async ask(connection, _settings, limitMs) {
    connection.socket.write("PING\r\n");
    const text = (await readUntil(connection, /\r\n/, limitMs)).trim();
    if (!/^(\+PONG|-[A-Z]+ )/.test(text)) throw new WrongProtocol(`answered ${text} to PING`);
    return { text, ready: /^(\+PONG|-NOAUTH)/.test(text) };
  },
};
