// Keep-alive clients, each sending one request after the other until it is stopped or refused.
import { Agent } from "node:http";
import { type Answer, exchange } from "./exchange";

/** Clients at work. */
export interface Clients {
  /** Resolves once each has a connection that has carried several requests. */
  warm: Promise<unknown>;
  /** Lets each finish its request, and resolves with what became of all requests. */
  stop(): Promise<Answer[]>;
  /** Closes the connections that the server has left open. */
  close(): void;
}

/** How many answers make a client warm. */
const WARM_ANSWERS = 3;

/** Starts clients of one path; a request that fails is not sent again. */
export function startClients(port: number, path: string, count: number): Clients {
  const answers: Answer[] = [];
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  let isStopped = false;

  async function converse(agent: Agent, onWarm: () => void): Promise<void> {
    for (let sent = 0; !isStopped; sent++) {
      if (sent === WARM_ANSWERS) onWarm();
      const { request, answer } = exchange(port, { agent, path });
      request.end();
      const became = await answer;
      answers.push(became);
      // A refusal tells it to go elsewhere.
      if (became.outcome === "refused") break;
    }
    onWarm();
  }

  const ended: Promise<void>[] = [];
  const warm = agents.map(
    (agent) => new Promise<void>((resolve) => ended.push(converse(agent, resolve))),
  );
  return {
    warm: Promise.all(warm),
    async stop() {
      isStopped = true;
      await Promise.all(ended);
      return answers;
    },
    close: () => agents.forEach((agent) => agent.destroy()),
  };
}
