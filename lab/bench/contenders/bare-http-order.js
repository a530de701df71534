"use strict";
// Validates an order by hand, with the same rules as zod-schemas.js.

const isText = (value, min, max) =>
  typeof value === "string" && value.length >= min && value.length <= max;

const isWhole = (value, min, max) => Number.isInteger(value) && value >= min && value <= max;

const isObject = (value, size) =>
  typeof value === "object" && value !== null && Object.keys(value).length === size;

const isCustomer = (value) =>
  isObject(value, 2) && isText(value.name, 1, 100) && isText(value.email, 3, 200);

const isItem = (value) =>
  isObject(value, 4) &&
  isText(value.sku, 1, 40) &&
  isText(value.name, 1, 200) &&
  isWhole(value.quantity, 1, 1000) &&
  isWhole(value.priceCents, 0, 100_000_000);

const isItems = (value) =>
  Array.isArray(value) && value.length >= 1 && value.length <= 100 && value.every(isItem);

const CHECKS = { customer: isCustomer, items: isItems, note: (value) => isText(value, 0, 1000) };
const NAMES = Object.keys(CHECKS);

/** Returns the errors as `{ pointer, detail }[]`; empty if the order is valid. */
function faultsOfOrder(order) {
  const faults = [];
  for (const name of NAMES) {
    if (!CHECKS[name](order?.[name])) faults.push({ pointer: `/${name}`, detail: "is not valid" });
  }
  if (!isObject(order, NAMES.length) && faults.length === 0) {
    faults.push({ pointer: "", detail: "has a field that is not known here" });
  }
  return faults;
}

module.exports = { faultsOfOrder };
