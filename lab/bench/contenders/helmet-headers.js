"use strict";
// Helmet with Berth's settings, and its headers as a plain object for contenders without middleware.
const helmet = require("helmet");

const HELMET_SETTINGS = {
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  referrerPolicy: { policy: "same-origin" },
};

/** Runs helmet once and records the headers that it sets. */
function helmetHeaders() {
  const headers = {};
  const recorder = {
    setHeader: (name, value) => (headers[name] = value),
    removeHeader: (name) => delete headers[name],
  };
  helmet(HELMET_SETTINGS)({}, recorder, () => undefined);
  return headers;
}

module.exports = { HELMET_SETTINGS, helmetHeaders };
