#!/usr/bin/env node
"use strict";

// Committed, unlike what it loads: npm links it at install, before anything is compiled.
require("../dist/cli.js");
