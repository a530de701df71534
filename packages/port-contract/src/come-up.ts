// From started to serving: the port opens, then the probe is answered, or there is a reason why not.
import { type Address, connect } from "./harness/connection";
import { externalAddress } from "./system/interfaces";
import type { Run } from "./harness/run";
import { WrongProtocol } from "./harness/missing-answer";
import { until } from "./harness/wait";
import type { Answer } from "./probes/probe";
import { lastWords, listOf, seconds, shortExit } from "./wording";

/** A run whose port is open; `host` is where it was reached first, loopback if possible. */
export interface Service extends Run, Address {}

/** Says that a run did not open its port, or did not serve there; the message is meant for the report. */
export class NotUp extends Error {}

/** Resolves when something accepts connections on the run's port. @throws NotUp when it exits, or after `limitMs` */
export async function comeUp(run: Run, limitMs: number): Promise<Service> {
  const host = await until(async () => {
    if (run.exit() && run.processes().length === 0) throw new NotUp(whyItExited(run));
    return reachableHost(run.port);
  }, limitMs);
  if (!host) throw new NotUp(whereItListens(run, limitMs));
  return { ...run, host };
}

/** Resolves when the service answers and says that it is ready. @throws NotUp when it does not within `limitMs` */
export async function serve(
  service: Service,
  ask: (service: Service) => Promise<Answer>,
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
    // The port may have opened between two tries.
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

/** How a run ended before it served, in words for the report. */
export function whyItExited(run: Run): string {
  const exit = run.exit();
  const how = exit ? shortExit(exit) : "ended";
  return `${how} before it served PORT; ${lastWords(run.output)}`;
}

function whereItListens(run: Run, limitMs: number): string {
  const elsewhere = run.listeners().flatMap(({ port, path }) => port ?? path ?? []);
  const instead = elsewhere.length ? `listens on ${listOf(elsewhere)} instead` : "nothing listens";
  return `PORT ${run.port} is not open after ${seconds(limitMs)}: ${instead}`;
}
