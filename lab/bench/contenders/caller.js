"use strict";
// Calls another service as fast as possible, in one of several ways: `caller.js WAY URL SECONDS` prints the result.
const { deepEqual } = require("node:assert/strict");
const { performance } = require("node:perf_hooks");
const process = require("node:process");
const v = require("valibot");
const { small } = require("./response-bodies");

const CONNECTIONS = 50;
/** Warm-up for the JIT, in seconds. */
const WARM_UP_S = 1;
const PATH = "/json";

/** The schema of the response, the same for all ways. */
const response = v.object({
  id: v.number(),
  name: v.string(),
  isOpen: v.boolean(),
  tags: v.array(v.string()),
  position: v.object({ lat: v.number(), lon: v.number() }),
});

function bareUndici(url) {
  const { Pool } = require("undici");
  const pool = new Pool(url, { connections: CONNECTIONS });
  const headers = { accept: "application/json" };
  return async () => {
    const { body } = await pool.request({ method: "GET", path: PATH, headers });
    return v.parse(response, await body.json());
  };
}

function serviceClient(url) {
  const { createServiceClient } = require("berth/client");
  const logger = { info() {}, warn() {} };
  const client = createServiceClient({ name: "upstream", url, logger, connections: CONNECTIONS });
  return () => client.call({ method: "GET", path: PATH, response });
}

/** As a handler calls: within a request, whose ids are propagated. */
function serviceClientInContext(url) {
  const { runInWorkContext } = require("berth/process");
  const call = serviceClient(url);
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const headersToPropagate = () => ({ "x-request-id": "0b6f1f4e", traceparent });
  const context = { logger: undefined, fields: () => ({}), headersToPropagate };
  return () =>
    new Promise((resolve, reject) => {
      runInWorkContext(context, () => call().then(resolve, reject));
    });
}

const WAYS = {
  "bare undici": bareUndici,
  client: serviceClient,
  "client, in a request": serviceClientInContext,
};

async function callFor(seconds, call) {
  const until = performance.now() + seconds * 1000;
  let calls = 0;
  const one = async () => {
    for (; performance.now() < until; calls++) await call();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return calls;
}

async function main([way, url, seconds]) {
  const call = WAYS[way](url);
  deepEqual(await call(), small());
  await callFor(WARM_UP_S, call);
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  const calls = await callFor(Number(seconds), call);
  const { user, system } = process.cpuUsage(before);
  const result = {
    calls,
    seconds: (performance.now() - startedAt) / 1e3,
    cpuSeconds: (user + system) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}

void main(process.argv.slice(2));
