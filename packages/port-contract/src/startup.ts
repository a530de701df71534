// Waits until a started program listens and responds, or explains why it does not.
import { type Address, connect } from "./harness/connection";
import { externalAddress } from "./system/interfaces";
import type { Run } from "./harness/run";
import { WrongProtocol } from "./harness/missing-answer";
import { until } from "./harness/wait";
import type { ProbeResult } from "./probes/probe";
import { lastWords, listOf, seconds, shortExit } from "./wording";

/** A run whose port is open; `host` is the address where it accepted first, loopback if possible. */
export interface Service extends Run, Address {}

/** A run did not open its port, or does not serve there. The message is for the report. */
export class NotUp extends Error {}

/** Resolves when the run's port accepts connections. @throws NotUp when the run exits, or after `limitMs` */
export async function waitUntilListening(run: Run, limitMs: number): Promise<Service> {
  const host = await until(async () => {
    if (run.exit() && run.processes().length === 0) throw new NotUp(whyItExited(run));
    return reachableHost(run.port);
  }, limitMs);
  if (!host) throw new NotUp(whereItListens(run, limitMs));
  return { ...run, host };
}

/** Resolves when the service responds and is ready. @throws NotUp when it exits, or after `limitMs` */
export async function waitUntilReady(
  service: Service,
  ask: (service: Service) => Promise<ProbeResult>,
  limitMs: number,
): Promise<Service> {
  let last = "";
  const ready = await until(async () => {
    if (service.exit()) throw new NotUp(whyItExited(service));
    try {
      const answer = await ask(service);
      last = answer.text;
      return answer.ready;
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
    // The port may have opened between two attempts.
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
export function whyItExited(run: Run): string {
  const exit = run.exit();
  const how = exit ? shortExit(exit) : "ended";
  return `${how} before it served on PORT; ${lastWords(run.output)}`;
}

function whereItListens(run: Run, limitMs: number): string {
  const elsewhere = run.listeners().flatMap(({ port, path }) => port ?? path ?? []);
  const instead = elsewhere.length ? `listens on ${listOf(elsewhere)} instead` : "nothing listens";
  return `PORT ${run.port} is not open after ${seconds(limitMs)}: ${instead}`;
}
