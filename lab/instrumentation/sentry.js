"use strict";
// Starts Sentry, which is configured in code; prints the errors that it would report to stderr.
const { writeSync } = require("node:fs");
const Sentry = require("@sentry/node");

const STDERR_FD = 2;

Sentry.init({
  tracesSampleRate: 1,
  beforeSend(event) {
    const messages = event.exception?.values?.map(({ value }) => value) ?? [event.message];
    writeSync(STDERR_FD, `reported: ${messages.join(", ")}\n`);
    return event;
  },
});
