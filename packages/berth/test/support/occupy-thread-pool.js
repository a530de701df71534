// Preload: blocks a thread of the pool by reading a pipe (`FIFO`) that is never written.
"use strict";

require("node:fs").open(process.env.FIFO, "r", () => undefined);
