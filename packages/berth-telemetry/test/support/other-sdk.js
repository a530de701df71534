"use strict";
// Preload: another OpenTelemetry SDK, as agents load it by NODE_OPTIONS.
const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");

new NodeTracerProvider().register();
