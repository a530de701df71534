// Separates the prepared statements of connections, whose names would collide in the shared session.
import { typeOf } from "./client-messages";
import { closeStatement, splitMessages } from "./messages";

/** Prefixes the name of the prepared statement in `message`, if there is one. */
export function prefixStatementName(message: Buffer, prefix: string): Buffer {
  const at = nameOffset(message);
  if (!at || !message[at]) return message;
  const renamed = Buffer.concat([
    message.subarray(0, at),
    Buffer.from(prefix),
    message.subarray(at),
  ]);
  renamed.writeInt32BE(renamed.length - 1, 1);
  return renamed;
}

/** Returns messages that close the statements that `unit` has prepared, so that it can run again. */
export function closeStatements(unit: Buffer): Buffer {
  const parses = splitMessages(unit).filter((message) => typeOf(message) === "P" && message[5]);
  return Buffer.concat(
    parses.map((message) => closeStatement(message.subarray(5, message.indexOf(0, 5)))),
  );
}

/** Parse begins with the name; in Bind it follows a portal's name, in Describe and Close the letter S. */
function nameOffset(message: Buffer): number | undefined {
  const type = typeOf(message);
  if (type === "P") return 5;
  if (type === "B") return message.indexOf(0, 5) + 1;
  const ofStatement = String.fromCharCode(message[5] ?? 0) === "S";
  if ((type === "D" || type === "C") && ofStatement) return 6;
  return undefined;
}
