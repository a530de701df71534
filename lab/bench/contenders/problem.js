"use strict";
// RFC 9457 problem details for the contenders without Berth.
const { STATUS_CODES } = require("node:http");

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** The body of an error response. */
const problemBody = (requestId, status, detail, members) =>
  JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    detail,
    ...members,
    requestId,
  });

/** The same for contenders that do not throw. */
const problem = (status, message, members) => ({ status, message, members });

/** An error with a status and details for the client. */
class Problem extends Error {
  constructor(status, detail, members) {
    super(detail);
    this.status = status;
    this.members = members;
  }
}

module.exports = { PROBLEM_TYPE, Problem, problem, problemBody };
