// Who sent a request.
import { isIP, isIPv4, type Socket } from "node:net";
import type { Request } from "express";
import { withoutPort } from "../express/forwarded-address";

const IPV4_IN_IPV6 = "::ffff:";

/**
 * The client's address as `trust proxy` lets it be known, without the port that some proxies add. On a dual-stack socket
 * an IPv4 client looks like `::ffff:192.0.2.1`: it is given as `192.0.2.1`. A forwarded value that is not an address, as
 * anybody may have made it up, is passed over for the address that the connection came from.
 */
export function clientAddress(req: Request): string | undefined {
  // Without the header, `req.ip` finds the same after walking a list of one.
  const isForwarded = req.headers["x-forwarded-for"] !== undefined;
  const forwarded = isForwarded ? withoutPort(req.ip ?? "") : "";
  return unmapped(isIP(forwarded) > 0 ? forwarded : req.socket.remoteAddress);
}

/** Who is at the other end of a connection, with or without a proxy. */
export const peerAddress = (socket: Socket): string | undefined => unmapped(socket.remoteAddress);

const unmapped = (ip: string | undefined): string | undefined =>
  ip?.startsWith(IPV4_IN_IPV6) && isIPv4(ip.slice(IPV4_IN_IPV6.length))
    ? ip.slice(IPV4_IN_IPV6.length)
    : ip;
