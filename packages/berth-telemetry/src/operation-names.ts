// The first word of a statement or command, as a label and the name of a span: known words only.

const STATEMENTS = new Set(
  (
    "ALTER ANALYZE BEGIN CALL CLOSE COMMIT COPY CREATE DECLARE DELETE DO DROP EXPLAIN FETCH GRANT INSERT LISTEN LOCK MERGE " +
    "NOTIFY REFRESH RELEASE RESET REVOKE ROLLBACK SAVEPOINT SELECT SET SHOW START TABLE TRUNCATE UNLISTEN UPDATE VACUUM " +
    "VALUES WITH"
  ).split(" "),
);

/** The operation of an SQL statement, such as `SELECT`. */
export function operationName(text: string): string {
  const word = /^(?:[\s(;]|--.*\n|\/\*[^]*?\*\/)*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? "";
  return STATEMENTS.has(word) ? word : "_OTHER";
}

/** The name of a Redis command, such as `EVAL`. */
export const commandName = (command: string): string =>
  /^[a-z.]{1,24}$/i.test(command) ? command.toUpperCase() : "_OTHER";
