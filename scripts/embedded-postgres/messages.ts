// Builds the messages of the PostgreSQL wire protocol that the server says itself.

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

/** CopyFail, which ends a `COPY … FROM STDIN` with an error. */
export function copyFail(reason: string): Buffer {
  return message("f", `${reason}\0`);
}

/** ErrorResponse that announces the end of the connection. */
export function fatal(sqlState: string, text: string): Buffer {
  return message("E", `SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`);
}
