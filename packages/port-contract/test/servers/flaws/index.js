// The flaws of the test server by name, with the clauses that each one breaks and the parts that it replaces.
"use strict";

const flaws = {
  ...require("./binding"),
  ...require("./responses"),
  ...require("./draining"),
  ...require("./running"),
};

const mergeable = ["handlers", "beforeListening"];

/** Combines the parts of several flaws. @throws Error if two of them replace the same part */
function partsOf(names) {
  const all = names.map((name) => flaws[name].parts ?? {});
  const replaced = all.flatMap(Object.keys).filter((part) => !mergeable.includes(part));
  const twice = replaced.find((part, index) => replaced.indexOf(part) < index);
  if (twice) throw new Error(`${names.join(", ")}: more than one replaces ${twice}`);
  const handlers = Object.assign({}, ...all.map((parts) => parts.handlers));
  const beforeListening = () => all.forEach((parts) => parts.beforeListening?.());
  return Object.assign({}, ...all, { handlers, beforeListening });
}

module.exports = { flaws, partsOf };
