// Replaces PostgreSQL's advisory lock functions: in a shared session, one connection's lock would not block another.
import { createHash } from "node:crypto";
import type { PGlite } from "./pglite";

/** The setting with the locks of other connections, each ` HIGH:LOW:KIND:MODE ` as in pg_locks, with spaces around it. */
export const HELD_BY_OTHERS = "embedded_postgres.held_by_others";
/**
 * Releases all advisory locks of the session, and returns each one: `held` is the lock in the form above, `again` the call that
 * acquires it again.
 */
export const RELEASE_ALL = "pg_catalog.embedded_postgres_put_away_locks()";
/** The notice that each of the functions raises, which shows that locks may have changed. */
export const CALLED = "embedded PostgreSQL: an advisory lock function was called";
/** The error of SQLSTATE 55P03 when another connection holds the lock. */
export const MUST_WAIT =
  "another connection holds this advisory lock, and the embedded PostgreSQL cannot wait for it inside a transaction";

/**
 * Replaces the functions in `database` permanently; only the embedded PostgreSQL ever opens it.
 *
 * They are replaced in the catalogue, not in the SQL text, to catch every call, even from a function or with a parameter. PostgreSQL's
 * own functions keep working under their internal names, such as `pg_advisory_lock_int8`, as it finds them by OID.
 */
export async function installLockFunctions(database: PGlite): Promise<void> {
  const version = createHash("sha256").update(SCRIPT).digest("hex");
  const { rows } = await database.query<{ version: string | null }>(
    `SELECT obj_description(to_regprocedure('${RELEASE_ALL}'), 'pg_proc') AS version`,
  );
  if (rows[0]?.version === version) return;
  await database.exec(
    `BEGIN; SET LOCAL allow_system_table_mods = on; SET LOCAL check_function_bodies = off;
    ${SCRIPT}
    COMMENT ON FUNCTION ${RELEASE_ALL} IS '${version}'; COMMIT`,
  );
}

/** Each function exists with one 64-bit key and with two 32-bit keys. */
const KEYS = [
  { type: "int8", parameters: "bigint", own: "$1", key: `${low("$1 >> 32")}, ${low("$1")}, 1` },
  {
    type: "int4",
    parameters: "integer, integer",
    own: "$1, $2",
    key: `${low("$1")}, ${low("$2")}, 2`,
  },
];

/** As in pg_locks: 32 bits, unsigned. */
function low(expression: string): string {
  return `((${expression})::bigint & 4294967295)`;
}

function replaceFunction(attempt: string, scope: string, share: string): string {
  const name = `pg_${attempt}advisory_${scope}lock${share}`;
  const result = attempt ? "boolean" : "void";
  const isHeld = share ? "'% %s:%s:%s:ExclusiveLock %'" : "'% %s:%s:%s:%'";
  return KEYS.map(
    ({ type, parameters, own, key }) => `
    DO $$ BEGIN
      IF to_regproc('pg_catalog.${name}_${type}') IS NULL THEN
        ALTER FUNCTION pg_catalog.${name}(${parameters}) RENAME TO ${name}_${type};
      END IF;
    END $$;
    CREATE OR REPLACE FUNCTION pg_catalog.${name}(${parameters}) RETURNS ${result}
      LANGUAGE plpgsql STRICT AS $$
      BEGIN
        RAISE INFO '${CALLED}';
        IF current_setting('${HELD_BY_OTHERS}', true) LIKE format(${isHeld.replaceAll(/%(?!s)/g, "%%")}, ${key}) THEN
          ${attempt ? "RETURN false" : `RAISE '${MUST_WAIT}' USING ERRCODE = '55P03'`};
        END IF;
        ${attempt ? "RETURN" : "PERFORM"} pg_catalog.${name}_${type}(${own});
      END $$;`,
  ).join("");
}

/** Locks are counted, but pg_locks does not have the count: release each one until none is left. */
const RELEASE_ALL_FUNCTION = `
  CREATE OR REPLACE FUNCTION ${RELEASE_ALL.slice(0, -1)}OUT held text, OUT again text) RETURNS SETOF record
    LANGUAGE plpgsql AS $$
    DECLARE
      lock record;
      is_given_back boolean;
    BEGIN
      FOR lock IN
        SELECT format('%s:%s:%s:%s', classid, objid, objsubid, mode) AS held,
          CASE mode WHEN 'ShareLock' THEN '_shared' ELSE '' END AS share,
          CASE objsubid WHEN 1 THEN '_int8' ELSE '_int4' END AS type,
          CASE objsubid
            WHEN 1 THEN format('%L', classid::bigint << 32 | objid::bigint)
            ELSE format('%L, %L', classid::bigint::bit(32)::int, objid::bigint::bit(32)::int)
          END AS key
        FROM pg_locks WHERE locktype = 'advisory'
      LOOP
        LOOP
          EXECUTE format('SELECT pg_advisory_unlock%s(%s)', lock.share, lock.key) INTO is_given_back;
          EXIT WHEN NOT is_given_back;
          held := lock.held;
          again := format('pg_advisory_lock%s%s(%s)', lock.share, lock.type, lock.key);
          RETURN NEXT;
        END LOOP;
      END LOOP;
    END $$;`;

const SCRIPT =
  ["", "try_"]
    .flatMap((attempt) =>
      ["", "xact_"].flatMap((scope) =>
        ["", "_shared"].map((share) => replaceFunction(attempt, scope, share)),
      ),
    )
    .join("") + RELEASE_ALL_FUNCTION;
