"use strict";
// What every contender but Berth itself reads from a request: the same rules that Berth has in packages/berth/src/request.
const { randomUUID } = require("node:crypto");
const { performance } = require("node:perf_hooks");

const SANE_ID = /^[\w.:+/=-]{1,128}$/;
const IPV4_IN_IPV6 = "::ffff:";

/** The client's `X-Request-Id` when it is sane, else a new UUID. */
function requestIdOf(req) {
  const inbound = req.headers["x-request-id"];
  return typeof inbound === "string" && SANE_ID.test(inbound) ? inbound : randomUUID();
}

/** The path without the query, which may hold secrets. */
function pathOf(url) {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

/** The peer's address, an IPv4 one without its IPv6 prefix. */
function clientOf({ remoteAddress }) {
  return remoteAddress?.startsWith(IPV4_IN_IPV6)
    ? remoteAddress.slice(IPV4_IN_IPV6.length)
    : remoteAddress;
}

/** Milliseconds since a `performance.now()`, to the microsecond. */
const elapsedMs = (startedAt) => Math.round((performance.now() - startedAt) * 1000) / 1000;

module.exports = { requestIdOf, pathOf, clientOf, elapsedMs };
