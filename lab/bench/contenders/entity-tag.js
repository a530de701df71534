"use strict";
// ETags and conditional requests as in Express, for the contenders without Express.
const { Buffer } = require("node:buffer");
const { hash } = require("node:crypto");

/** Express's weak ETag for a body. */
const entityTag = (body) =>
  `W/"${Buffer.byteLength(body).toString(16)}-${hash("sha1", body, "base64").slice(0, 27)}"`;

/** Whether the client has the body with this ETag: then the response is 304. */
function isFresh({ method, headers }, tag) {
  const known = headers["if-none-match"];
  if (known === undefined || (method !== "GET" && method !== "HEAD")) return false;
  return known === "*" || known.split(/ *, */).includes(tag);
}

module.exports = { entityTag, isFresh };
