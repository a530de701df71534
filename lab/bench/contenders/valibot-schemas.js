"use strict";
// Valibot schemas of requests for Berth, with the same rules as zod-schemas.js.
const v = require("valibot");
const { dateTime, id, object, pageQuery, text: storable } = require("berth/schema");

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

const shipInput = object({ name: storable(1, 200), cargo: storable(0, 10_000) });
const ship = object({ id, ...shipInput.entries, createdAt: dateTime, updatedAt: dateTime });
const shipParams = object({ id });
const shipsQuery = pageQuery(20, 100);

module.exports = { order, ship, shipInput, shipParams, shipsQuery, thingQuery };
