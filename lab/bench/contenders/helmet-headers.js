"use strict";
// Helmet's default headers as a plain object, for contenders without middleware.
const helmet = require("helmet");

/** Runs helmet once and records the headers that it sets. */
function helmetHeaders() {
  const headers = {};
  const recorder = {
    setHeader: (name, value) => (headers[name] = value),
    removeHeader: (name) => delete headers[name],
  };
  helmet()({}, recorder, () => undefined);
  return headers;
}

module.exports = { helmetHeaders };
