"use strict";
// What clients may send, as Berth's features say it: the same rules as zod-schemas.js.
const v = require("valibot");
const { object } = require("../../../../dist/chassis/http/fields");

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

module.exports = { order, thingQuery };
