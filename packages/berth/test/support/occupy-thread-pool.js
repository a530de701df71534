// Preloaded into a real process to give its thread pool something to wait for without end: a pipe, FIFO, that nobody writes to.
"use strict";

require("node:fs").open(process.env.FIFO, "r", () => undefined);
