"use strict";
// The error bodies that contenders without Berth answer with: RFC 9457 problem details.
const { STATUS_CODES } = require("node:http");

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** The body of an error answer. */
const problemBody = (requestId, status, detail, members) =>
  JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    detail,
    ...members,
    requestId,
  });

/** The same for those who throw nothing. */
const problem = (status, message, members) => ({ status, message, members });

/** An error that carries its status and what to tell the client. */
class Problem extends Error {
  constructor(status, detail, members) {
    super(detail);
    this.status = status;
    this.members = members;
  }
}

module.exports = { PROBLEM_TYPE, Problem, problem, problemBody };
