"use strict";
// What clients may send, as Berth's features say it: the same rules as zod-schemas.js.
const v = require("valibot");
const { object, text: storable } = require("../../../../dist/chassis/http/fields");

const text = (min, max) => v.pipe(v.string(), v.minLength(min), v.maxLength(max));
const integer = (min, max) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const thingQuery = object({
  x: v.pipe(v.string(), v.regex(/^[1-9]\d{0,3}$/), v.transform(Number)),
});

const item = object({
  sku: text(1, 40),
  name: text(1, 200),
  quantity: integer(1, 1000),
  priceCents: integer(0, 100_000_000),
});

const order = object({
  customer: object({ name: text(1, 100), email: text(3, 200) }),
  items: v.pipe(v.array(item), v.minLength(1), v.maxLength(100)),
  note: text(0, 1000),
});

const MAX_BIGINT = 9_223_372_036_854_775_807n;

/** Whether the text can be a ship's id: a positive 64-bit integer in plain digits. */
const isShipId = (id) => /^[1-9]\d{0,18}$/.test(id) && BigInt(id) <= MAX_BIGINT;

const shipInput = object({ name: storable(1, 200), cargo: storable(0, 10_000) });

const isLimit = (value) => /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 100;
const shipsQuery = object({
  limit: v.optional(v.pipe(v.string(), v.check(isLimit), v.transform(Number)), "20"),
  cursor: v.optional(v.pipe(v.string(), v.check(isShipId))),
});

module.exports = { isShipId, order, shipInput, shipsQuery, thingQuery };
