"use strict";
// Reads the values for log lines from a request, by the same rules as Berth.
const { randomUUID } = require("node:crypto");
const { performance } = require("node:perf_hooks");

const SANE_ID = /^[\w.:+/=-]{1,128}$/;
const IPV4_IN_IPV6 = "::ffff:";

/** The client's `X-Request-Id` if it is valid, otherwise a new UUID. */
function requestIdOf(req) {
  const inbound = req.headers["x-request-id"];
  return typeof inbound === "string" && SANE_ID.test(inbound) ? inbound : randomUUID();
}

/** The path without the query, which may contain secrets. */
function pathOf(url) {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

/** The peer's address, without the prefix of IPv4-mapped IPv6 addresses. */
function clientOf({ remoteAddress }) {
  return remoteAddress?.startsWith(IPV4_IN_IPV6)
    ? remoteAddress.slice(IPV4_IN_IPV6.length)
    : remoteAddress;
}

/** Milliseconds since a `performance.now()`, to the microsecond. */
const elapsedMs = (startedAt) => Math.round((performance.now() - startedAt) * 1000) / 1000;

module.exports = { requestIdOf, pathOf, clientOf, elapsedMs };
