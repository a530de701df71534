"use strict";

const { createJobTables, dropJobTables } = require("berth/jobs");

module.exports = { up: createJobTables, down: dropJobTables };
