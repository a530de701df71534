// Builds messages of the PostgreSQL wire protocol.

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, ...fields: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(fields.map((field) => Buffer.from(field)));
  const head = Buffer.alloc(type.length + 4, type);
  head.writeInt32BE(body.length + 4, type.length);
  return Buffer.concat([head, body]);
}

/** StartupMessage of protocol 3.0. */
export function startup(user: string, database: string): Buffer {
  const version = Buffer.from([0, 3, 0, 0]);
  return message("", version, `user\0${user}\0database\0${database}\0\0`);
}

/** Query, the simple protocol's only message. */
export function query(sql: string): Buffer {
  return message("Q", `${sql}\0`);
}

/** Sync, the end of an extended query. */
export const sync = message("S");

/** Flush, which requests the results so far in the middle of an extended query. */
export const flush = message("H");

/** PortalSuspended, the response to an Execute that has not read all rows. */
export const portalSuspended = message("s");

/** CommandComplete, the end of a statement. */
export function commandComplete(tag: string): Buffer {
  return message("C", `${tag}\0`);
}

/** CopyFail, which ends a `COPY … FROM STDIN` with an error. */
export function copyFail(reason: string): Buffer {
  return message("f", `${reason}\0`);
}

/** Close, which deletes the prepared statement `name`. */
export function closeStatement(name: Buffer): Buffer {
  return message("C", "S", name, "\0");
}

/** Splits `bytes` into complete messages. */
export function splitMessages(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += messages.at(-1)!.length) {
    messages.push(bytes.subarray(at, at + 1 + bytes.readInt32BE(at + 1)));
  }
  return messages;
}

/** Removes the notices that contain `text` from a response. */
export function withoutNotices(response: Buffer, text: string): Buffer {
  if (!response.includes(text)) return response;
  const isNotice = (each: Buffer) => each[0] === NOTICE && each.includes(text);
  return Buffer.concat(splitMessages(response).filter((each) => !isNotice(each)));
}

const NOTICE = "N".charCodeAt(0);

/** ErrorResponse of severity FATAL, after which the connection ends. */
export function fatal(sqlState: string, text: string): Buffer {
  return message("E", `SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`);
}
