"use strict";
// Zod schemas of requests for stock Express, where zod is the usual choice.
const { z } = require("zod");

const thingQuery = z.strictObject({
  x: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .transform(Number),
});

const order = z.strictObject({
  customer: z.strictObject({ name: z.string().min(1).max(100), email: z.string().min(3).max(200) }),
  items: z
    .array(
      z.strictObject({
        sku: z.string().min(1).max(40),
        name: z.string().min(1).max(200),
        quantity: z.number().int().min(1).max(1000),
        priceCents: z.number().int().min(0).max(100_000_000),
      }),
    )
    .min(1)
    .max(100),
  note: z.string().max(1000),
});

module.exports = { order, thingQuery };
