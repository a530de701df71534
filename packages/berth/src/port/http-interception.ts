// Stands between an HTTP server and the listeners to its requests.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What is told of a request instead of the listeners, and has to hand it over to them. */
export interface Interceptor {
  request(req: IncomingMessage, res: ServerResponse): void;
  /** @param handOver Calls the listeners to `upgrade` or `connect`. */
  upgrade(req: IncomingMessage, socket: Socket, handOver: () => void): void;
}

/**
 * Lets the interceptor decide when the listeners of a server are called, those that are added later among them.
 * @returns What calls the listeners to `request`.
 */
export function interceptRequests(
  server: Server,
  interceptor: Interceptor,
): (req: IncomingMessage, res: ServerResponse) => void {
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  const intercept = (event: string, ...args: unknown[]): boolean => {
    const [req, target] = args as [IncomingMessage, unknown];
    if (event === "request") interceptor.request(req, target as ServerResponse);
    else if (event === "upgrade" || event === "connect") {
      interceptor.upgrade(req, target as Socket, () => void emit(event, ...args));
    } else return emit(event, ...args);
    return true;
  };
  server.emit = intercept;
  return (req, res) => void emit("request", req, res);
}
