// Who sent a request.
import type { Request } from "express";

const IPV4_IN_IPV6 = "::ffff:";

/**
 * The client's address as `trust proxy` lets it be known. On a dual-stack socket an IPv4 client
 * looks like `::ffff:192.0.2.1`: it is given as `192.0.2.1`.
 */
export function clientAddress(req: Request): string | undefined {
  // Without the header, `req.ip` finds the same after walking a list of one.
  const ip = req.headers["x-forwarded-for"] === undefined ? req.socket.remoteAddress : req.ip;
  return ip?.startsWith(IPV4_IN_IPV6) ? ip.slice(IPV4_IN_IPV6.length) : ip;
}
