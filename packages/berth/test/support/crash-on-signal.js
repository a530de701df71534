// Preload: crashes the process on a signal from the test.
"use strict";

process.on("SIGUSR2", () => {
  setImmediate(() => {
    throw new Error("boom");
  });
});
