"use strict";

const { jestConfig } = require("berth-dev/jest");

module.exports = {
  ...jestConfig(__dirname),
  displayName: "berth-telemetry",
};
