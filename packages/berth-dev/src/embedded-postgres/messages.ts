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
const ERROR = "E".charCodeAt(0);

/** Replaces the messages of errors in a response; the detail and the hint of one that is replaced are left out. */
export function withErrorMessage(response: Buffer, replace: (text: string) => string): Buffer {
  return Buffer.concat(
    splitMessages(response).map((each) => {
      if (each[0] !== ERROR) return each;
      const fields = each.toString("utf8", 5).split("\0").filter(Boolean);
      const text = fields.find((field) => field.startsWith("M"))?.slice(1) ?? "";
      const replaced = replace(text);
      if (replaced === text) return each;
      const kept = fields.filter((field) => !/^[MDH]/.test(field));
      return message("E", [...kept, `M${replaced}`, "\0"].join("\0"));
    }),
  );
}

/** ErrorResponse of severity FATAL, after which the connection ends. */
export function fatal(sqlState: string, text: string): Buffer {
  return message("E", `SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`);
}

/** ReadyForQuery with the status "idle": neither in a transaction nor in the middle of an extended query. */
const READY_AND_IDLE = message("Z", "I");

/** Whether a response ends the transaction, or the statement outside of one. */
export const isReadyAndIdle = (response: Buffer): boolean =>
  response.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE);

const COMMAND_COMPLETE = "C".charCodeAt(0);

/** Whether a response has an error, and the command of its last statement. */
export function commandTags(response: Buffer): { hasError: boolean; last: string | undefined } {
  const messages = splitMessages(response);
  return {
    hasError: messages.some((each) => each[0] === ERROR),
    last: messages.findLast((each) => each[0] === COMMAND_COMPLETE)?.toString("utf8", 5, -1),
  };
}

const NOTIFICATION = "A".charCodeAt(0);

/** The channel of a NotificationResponse; undefined for another message. */
export const channelOf = (each: Buffer): string | undefined =>
  each[0] === NOTIFICATION ? each.toString("utf8", 9, each.indexOf(0, 9)) : undefined;

/** Returns a NotificationResponse as from another process. */
export function fromProcess(notification: Buffer, id: number): Buffer {
  const copy = Buffer.from(notification);
  copy.writeInt32BE(id, 5);
  return copy;
}
