// Makes a port-bound service of an HTTP server, which drains without losing a request.
import type { Server } from "node:http";
import * as net from "node:net";
import { watchAcceptQueue } from "./accept-queue";
import { bind, type BindTarget } from "./bind";
import { harden, type HardenOptions } from "./harden";
import type { PortBoundService } from "./service";

/**
 * How long idle keep-alive connections stay open while draining, in milliseconds: a request may be on its way, a WebSocket
 * may still respond to its Close frame, and a client that pipelines may send the rest.
 */
const IDLE_GRACE_MS = 2000;
/** How long connections that never carried a request, such as a browser's preconnects, stay open, in milliseconds. */
const UNUSED_GRACE_MS = 1000;

/** How long a client may stop reading its response while draining, in milliseconds; up to twice as long, as with every socket timeout of Node. */
const STALLED_GRACE_MS = 1000;

/** How an HTTP server is bound. */
export interface HttpServiceOptions extends HardenOptions {
  name: string;
  server: Server;
  target: BindTarget;
}

/** Creates the service of an HTTP server that does not listen yet. */
export function createHttpService(options: HttpServiceOptions): PortBoundService {
  const { name, server, target, ...guards } = options;
  const connections = harden(server, guards);
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
      connections.closeUpgraded();
      connections.setResponseTimeout(Math.min(STALLED_GRACE_MS, remainingMs / 4));
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
 * Stops accepting; resolves when no connection is left. `http.Server.close` would also destroy idle connections at once,
 * and lose requests that are on their way.
 */
function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    net.Server.prototype.close.call(server, () => resolve());
  });
}
