// Protocols in which the server speaks first, such as SMTP, FTP and SSH: the banner is the answer.
import type { Probe } from "./probe";
import { readUntil } from "./read-until";

/** `--probe tcp-banner`. */
export const probe: Probe = {
  name: "tcp-banner",
  async ask(connection, _settings, limitMs) {
    const text = await readUntil(connection, /\n/, limitMs);
    return { text: text.split(/\r?\n/, 1)[0] ?? "", ready: true };
  },
};
