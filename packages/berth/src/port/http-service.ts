// An HTTP server as a port-bound service: how it drains without losing a request.
import type { Server } from "node:http";
import * as net from "node:net";
import { watchAcceptQueue } from "./accept-queue";
import { bind, type BindTarget } from "./bind";
import { deferExpectations } from "./expectations";
import { answerHalfClosed } from "./half-closed";
import { trackHttpConnections } from "./http-connections";
import { type Refuse, refuseRequests } from "./refused-requests";
import type { PortBoundService } from "./service";
import { cutStalledAnswers } from "./stalled-answers";
import { ignoreUpgrades, type IsUpgrade } from "./upgrades";

/**
 * An idle client may have a request on its way, a WebSocket an answer to the farewell, and one that pipelines the rest
 * of its requests: all get this long, in milliseconds.
 */
const IDLE_GRACE_MS = 2000;
/** A connection that never carried a request, such as a browser's spare one, gets this long, in milliseconds. */
const UNUSED_GRACE_MS = 1000;

/**
 * A client that has stopped reading its answer gets this long to go on, once the service drains, in milliseconds; twice
 * as long when it has just stopped.
 */
const STALLED_GRACE_MS = 1000;

/** How an HTTP server is bound. */
export interface HttpServiceOptions {
  name: string;
  server: Server;
  target: BindTarget;
  /** Answers what is no request; Node's own answers are empty. */
  refuse?: Refuse;
  /** Which requests are handed to those who listen to `upgrade`: handshakes of WebSockets by default. */
  isUpgrade?: IsUpgrade | undefined;
  /** How long a client may stop reading its answer, in milliseconds; 60 s by default. */
  responseTimeoutMs?: number;
}

/** Makes a port-bound service of an HTTP server that is not listening yet. */
export function createHttpService(options: HttpServiceOptions): PortBoundService {
  const { name, server, target, refuse, isUpgrade, responseTimeoutMs = 60_000 } = options;
  const connections = trackHttpConnections(server);
  ignoreUpgrades(server, isUpgrade);
  deferExpectations(server);
  answerHalfClosed(server);
  cutStalledAnswers(server, connections, responseTimeoutMs);
  if (refuse) refuseRequests(server, connections, refuse);
  let draining = false;

  return {
    name,
    bind: () => bind(server, target),
    isReady: () => server.listening && !draining,
    acceptWaiting: watchAcceptQueue(server),
    beginDrain() {
      draining = true;
      connections.closeAfterResponse();
    },
    async drain(remainingMs) {
      const closed = closeListener(server);
      connections.farewellUpgraded();
      connections.hurry(Math.min(STALLED_GRACE_MS, remainingMs / 4));
      const unused = setTimeout(
        () => connections.endIdle("unused"),
        Math.min(UNUSED_GRACE_MS, remainingMs / 2),
      );
      const idle = setTimeout(
        () => {
          connections.endIdle("used");
          connections.stopPipelining();
          connections.destroyUpgraded();
        },
        Math.min(IDLE_GRACE_MS, remainingMs / 2),
      );
      await closed;
      clearTimeout(unused);
      clearTimeout(idle);
    },
    destroy: () => connections.destroy(),
  };
}

/**
 * Stops accepting and resolves when no connection is left. `http.Server.close` would also destroy idle
 * connections at once, and with them the requests that are on their way.
 */
function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    net.Server.prototype.close.call(server, () => resolve());
  });
}
