// Preload: sends the process a signal after its first line, before most of it is loaded.
"use strict";

const Module = require("node:module");

const load = Module._load;
Module._load = function (request, ...rest) {
  if (request.endsWith("/entry")) process.kill(process.pid, process.env.SIGNAL);
  return load.call(this, request, ...rest);
};
