// Every way in which the test server can be broken: its name, the clauses it breaks, and the parts that break them.
"use strict";

const flaws = {
  ...require("./binding"),
  ...require("./answering"),
  ...require("./draining"),
  ...require("./running"),
};

module.exports = { flaws };
