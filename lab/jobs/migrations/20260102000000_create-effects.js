"use strict";

module.exports = {
  up: (pgm) => pgm.sql("CREATE TABLE effects (kind text NOT NULL, n integer NOT NULL)"),
  down: (pgm) => pgm.sql("DROP TABLE effects"),
};
