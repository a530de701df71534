// Every way in which the test server can be broken: its name, the clauses it breaks, and the parts that break them.
"use strict";

const flaws = {
  ...require("./binding"),
  ...require("./answering"),
  ...require("./draining"),
  ...require("./running"),
};

const addingUp = ["answers", "beforeListening"];

/** The parts of several flaws in one server; none may replace what another one replaces. */
function partsOf(names) {
  const all = names.map((name) => flaws[name].parts ?? {});
  const replaced = all.flatMap(Object.keys).filter((part) => !addingUp.includes(part));
  const twice = replaced.find((part, index) => replaced.indexOf(part) < index);
  if (twice) throw new Error(`${names.join(", ")}: more than one replaces ${twice}`);
  const answers = Object.assign({}, ...all.map((parts) => parts.answers));
  const beforeListening = () => all.forEach((parts) => parts.beforeListening?.());
  return Object.assign({}, ...all, { answers, beforeListening });
}

module.exports = { flaws, partsOf };
