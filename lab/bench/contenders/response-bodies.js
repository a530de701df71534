"use strict";
// The response bodies of the benchmark's routes: the same values in every contender, created for each request.

/** A small resource, about 100 bytes of JSON. */
const small = () => ({
  id: 1,
  name: "Berth",
  isOpen: true,
  tags: ["quay", "crane"],
  position: { lat: 53.54, lon: 9.97 },
});

/** A resource by id, with a validated query parameter. */
const thing = (id, x) => ({ id, x, name: `thing ${id}` });

const LARGE_COUNT = 1040;

/** A list of about 100 KB of JSON. */
const large = () => ({
  items: Array.from({ length: LARGE_COUNT }, (_, id) => ({
    id,
    name: `ship number ${id}`,
    isDocked: id % 2 === 0,
    lengthM: 120.5 + id,
    tags: ["container", "reefer"],
  })),
});

module.exports = { small, thing, large };
