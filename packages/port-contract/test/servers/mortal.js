// The well-behaved server, which exits at an event: node mortal.js [connection 2 | request 3 | ms 300].
"use strict";

const http = require("node:http");
const process = require("node:process");
const { setTimeout } = require("node:timers");
const { serve } = require("./server");

const [event, argument] = process.argv.slice(2);
let left = Number(argument);

function die() {
  process.stdout.write("out of luck\n");
  process.exit(3);
}

function count() {
  left -= 1;
  if (left === 0) die();
}

serve({
  createServer: (handler) =>
    http.createServer({ keepAliveTimeout: 95_000 }, handler).prependListener(event, count),
  onListening: () => event === "ms" && setTimeout(die, left),
});
