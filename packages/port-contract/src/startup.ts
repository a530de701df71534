// Waits until a started program listens and responds, or explains why it does not.
import { type Address, connect } from "./harness/connection";
import { externalAddress } from "./system/interfaces";
import type { Run } from "./harness/run";
import { WrongProtocol } from "./harness/missing-response";
import { until } from "./harness/wait";
import type { ProbeResult } from "./probes/probe";
import { describeOutput, listOf, seconds, describeExit } from "./wording";

/** A run whose port is open. `host` is the first address where it accepted a connection, loopback if possible. */
export interface Service extends Run, Address {}

/** The program exits, does not open its port, or does not respond there. The message is for the report. */
export class NotUp extends Error {}

/** Resolves when the run's port accepts connections. @throws NotUp when the run exits, or after `limitMs` */
export async function waitUntilListening(run: Run, limitMs: number): Promise<Service> {
  const host = await until(async () => {
    if (run.exit() && run.processes().length === 0) throw new NotUp(describeEarlyExit(run));
    return reachableHost(run.port);
  }, limitMs);
  if (!host) throw new NotUp(describeListeners(run, limitMs));
  return { ...run, host };
}

/** Resolves when the service responds and is ready. @throws NotUp when it exits, or after `limitMs` */
export async function waitUntilReady(
  service: Service,
  runProbe: (service: Service) => Promise<ProbeResult>,
  limitMs: number,
): Promise<Service> {
  let last = "";
  const ready = await until(async () => {
    if (service.exit()) throw new NotUp(describeEarlyExit(service));
    try {
      const response = await runProbe(service);
      last = response.text;
      return response.ready;
    } catch (error) {
      last = (error as Error).message;
      if (error instanceof WrongProtocol) throw new NotUp(last);
      return false;
    }
  }, limitMs);
  if (!ready) throw new NotUp(`listens, but does not serve within ${seconds(limitMs)}: ${last}`);
  return service;
}

async function reachableHost(port: number): Promise<string | undefined> {
  for (const host of ["127.0.0.1", "::1", externalAddress()]) {
    if (!host || !(await accepts(host, port))) continue;
    // The port may have opened after the attempt on 127.0.0.1.
    return (await accepts("127.0.0.1", port)) ? "127.0.0.1" : host;
  }
  return undefined;
}

function accepts(host: string, port: number): Promise<boolean> {
  return connect({ host, port }).then(
    (connection) => {
      connection.close();
      return true;
    },
    () => false,
  );
}

/** Describes, for the report, how a run ended before it served. */
export function describeEarlyExit(run: Run): string {
  const exit = run.exit();
  const how = exit ? describeExit(exit) : "ended";
  return `${how} before it served on PORT; ${describeOutput(run.output)}`;
}

function describeListeners(run: Run, limitMs: number): string {
  const elsewhere = run.listeners().flatMap(({ port, path }) => port ?? path ?? []);
  const instead = elsewhere.length ? `listens on ${listOf(elsewhere)} instead` : "nothing listens";
  return `PORT ${run.port} is not open after ${seconds(limitMs)}: ${instead}`;
}
