"use strict";
// The benchmark's ships in PostgreSQL, over Berth's pool: the same `pg` calls for all contenders.
const { createDatabase } = require("berth/postgres");

const COLUMNS = `id, name, cargo, created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Opens the pool of a contender. */
function openDatabase(url) {
  return createDatabase({
    url,
    poolSize: 10,
    connectTimeoutMs: 2000,
    statementTimeoutMs: 5000,
    logger: { info: () => undefined, warn: () => undefined },
  });
}

/** Creates the store. */
function createShipStore({ query }) {
  return {
    list: ({ limit, cursor }) =>
      query(
        `SELECT ${COLUMNS} FROM ships WHERE $2::bigint IS NULL OR id < $2 ORDER BY id DESC LIMIT $1`,
        [limit, cursor],
      ),
    async find(id) {
      const rows = await query(`SELECT ${COLUMNS} FROM ships WHERE id = $1`, [id]);
      return rows[0];
    },
    async create({ name, cargo }) {
      const rows = await query(
        `INSERT INTO ships (name, cargo) VALUES ($1, $2) RETURNING ${COLUMNS}`,
        [name, cargo],
      );
      return rows[0];
    },
  };
}

module.exports = { createShipStore, openDatabase };
