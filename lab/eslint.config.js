"use strict";

// ESLint takes the nearest configuration: this one, with what holds for all files of the repository.
module.exports = [
  ...require("../eslint.config.js"),
  {
    files: ["**/*.ts"],
    rules: { "no-console": "off" },
  },
];
