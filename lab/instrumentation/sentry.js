"use strict";
// Starts Sentry, which takes its settings from code; says on standard error which errors it would report.
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
