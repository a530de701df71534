"use strict";
// Entity tags and conditional requests as Express has them, for the contenders without Express.
const { Buffer } = require("node:buffer");
const { hash } = require("node:crypto");

/** The weak tag that Express gives a body. */
const entityTag = (body) =>
  `W/"${Buffer.byteLength(body).toString(16)}-${hash("sha1", body, "base64").slice(0, 27)}"`;

/** Whether a client has the tagged body already: then the answer is 304. */
function isFresh({ method, headers }, tag) {
  const known = headers["if-none-match"];
  if (known === undefined || (method !== "GET" && method !== "HEAD")) return false;
  return known === "*" || known.split(/ *, */).includes(tag);
}

module.exports = { entityTag, isFresh };
