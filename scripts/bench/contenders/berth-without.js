"use strict";
// The fast path's tricks, each of which a run can do without to see what it buys: `BERTH_BENCH_WITHOUT=name,name`.

/** How to switch each trick off, by name; runs before the server's modules are loaded, and may replace their exports. */
const tricks = {};

/**
 * Switches tricks off.
 * @param names Joined by commas; nothing when empty or undefined.
 * @throws Error when a name is not known.
 */
function switchOff(names = "") {
  for (const name of names.split(",").filter(Boolean)) {
    if (!Object.hasOwn(tricks, name)) {
      const known = Object.keys(tricks).join(", ") || "none yet";
      throw new Error(`There is no trick called ${name}, choose among: ${known}`);
    }
    tricks[name]();
  }
}

module.exports = { switchOff };
