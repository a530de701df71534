"use strict";
// The fast path's tricks, each of which a run can do without to see what it buys: `BERTH_BENCH_WITHOUT=name,name`.

const { promisify } = require("node:util");
const express = require("express");
const { pino } = require("pino");
const { internal } = require("./internals");

const entityTag = internal("express/entity-tag");
const body = internal("http/body");
const problem = internal("request/problem");
const literalPaths = internal("express/literal-paths");
const fastResponse = internal("express/fast-response");
const logger = internal("process/logger");
const messages = internal("express/messages");
const writing = internal("express/write-whole");
const output = internal("process/stdout");

/** How to switch each trick off, by name; runs before the server is loaded, and may replace what modules export. */
const tricks = {
  "pinned-prototypes"() {
    messages.messageClasses = () => ({});
  },
  "one-write"() {
    fastResponse.sendAtOnce = () => false;
    fastResponse.FastResponse.prototype.json = express.response.json;
  },
  "write-apart"() {
    writing.writeWhole = (res, body, encoding) => res.end(body, encoding);
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
    // A limit that cannot be set would not do: V8 collects no stacks at all then.
    problem.Problem = class extends Problem {
      constructor(...args) {
        super(...args);
        Error.captureStackTrace(this);
      }
    };
  },
  "entity-tag"() {
    entityTag.entityTag = express().get("etag fn");
  },
};

/**
 * Switches tricks off.
 * @param names Joined by commas; nothing when empty or undefined.
 * @throws Error when a name is not known.
 */
function switchOff(names = "") {
  for (const name of names.split(",").filter(Boolean)) {
    if (!Object.hasOwn(tricks, name)) {
      const known = Object.keys(tricks).join(", ") || "none yet";
      throw new Error(`There is no trick called ${name}, choose among: ${known}`);
    }
    tricks[name]();
  }
}

module.exports = { switchOff };
