"use strict";
// JSON schemas of requests and responses for Fastify, with the same rules as zod-schemas.js.

const text = (minLength, maxLength) => ({ type: "string", minLength, maxLength });
const integer = (minimum, maximum) => ({ type: "integer", minimum, maximum });
const number = { type: "number" };
const boolean = { type: "boolean" };
const list = (items) => ({ type: "array", items });

/** An object with exactly these properties. */
const strict = (properties) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const thingParams = strict({ id: { type: "string", pattern: "^[1-9]\\d{0,18}$" } });
const thingQuery = strict({ x: integer(1, 9999) });
const thing = strict({ id: text(), x: number, name: text() });

const order = strict({
  customer: strict({ name: text(1, 100), email: text(3, 200) }),
  items: {
    ...list(
      strict({
        sku: text(1, 40),
        name: text(1, 200),
        quantity: integer(1, 1000),
        priceCents: integer(0, 100_000_000),
      }),
    ),
    minItems: 1,
    maxItems: 100,
  },
  note: text(0, 1000),
});

const small = strict({
  id: number,
  name: text(),
  isOpen: boolean,
  tags: list(text()),
  position: strict({ lat: number, lon: number }),
});

module.exports = { order, small, thing, thingParams, thingQuery };
