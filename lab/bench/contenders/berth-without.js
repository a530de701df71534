"use strict";
// Disables optimizations of the fast path, to measure what each one saves: `BERTH_BENCH_WITHOUT=name,name`.

const { promisify } = require("node:util");
const express = require("express");
const { pino } = require("pino");
const { internal } = require("./internals");

const body = internal("http/body");
const problem = internal("request/problem");
const literalPaths = internal("express/literal-paths");
const fastResponse = internal("express/fast-response");
const logger = internal("process/logger");
const messages = internal("express/messages");
const output = internal("process/stdout");

/** How to disable each optimization; runs before the server is loaded, and may replace what modules export. */
const optimizations = {
  "pinned-prototypes"() {
    messages.messageClasses = () => ({});
  },
  "one-write"() {
    fastResponse.sendAtOnce = () => false;
    fastResponse.FastResponse.prototype.json = express.response.json;
  },
  "literal-paths"() {
    literalPaths.compareLiteralsFirst = () => {};
  },
  "made-log-line"() {
    logger.plainDestination = () => undefined;
  },
  "batched-log"() {
    output.createStdout = () => {
      const stdout = pino.destination({ dest: 1, sync: true });
      return { write: (line) => stdout.write(line), flush: () => {} };
    };
  },
  "direct-body"() {
    const { parseBody } = body;
    const parseJson = promisify(express.json());
    body.parseBody = async (schema, req) => {
      await parseJson(req, req.res);
      return parseBody(schema, req);
    };
  },
  "stackless-problems"() {
    const { Problem } = problem;
    // A limit that cannot be set is no alternative: V8 then collects no stack traces at all.
    problem.Problem = class extends Problem {
      constructor(...args) {
        super(...args);
        Error.captureStackTrace(this);
      }
    };
  },
  "entity-tag"() {
    fastResponse.entityTag = express().get("etag fn");
  },
};

/**
 * Disables optimizations.
 * @param names Comma-separated; may be empty or undefined.
 * @throws Error when a name is unknown
 */
function disable(names = "") {
  for (const name of names.split(",").filter(Boolean)) {
    if (!Object.hasOwn(optimizations, name)) {
      const known = Object.keys(optimizations).join(", ");
      throw new Error(`unknown optimization ${name}: expected one of ${known}`);
    }
    optimizations[name]();
  }
}

module.exports = { disable };
