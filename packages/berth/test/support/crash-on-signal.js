// Preloaded into a real process to make it crash at a time of the test's choosing.
"use strict";

process.on("SIGUSR2", () => {
  setImmediate(() => {
    throw new Error("boom");
  });
});
