// Who sent a request.
import { isIP } from "node:net";
import type { Request } from "express";

const IPV4_IN_IPV6 = "::ffff:";

/**
 * The client's address as `trust proxy` lets it be known. On a dual-stack socket an IPv4 client
 * looks like `::ffff:192.0.2.1`: it is given as `192.0.2.1`. A forwarded value that is no address, as anybody may
 * have made it up, is passed over for the address that the connection came from.
 */
export function clientAddress(req: Request): string | undefined {
  const { remoteAddress } = req.socket;
  // Without the header, `req.ip` finds the same after walking a list of one.
  const isForwarded = req.headers["x-forwarded-for"] !== undefined;
  const ip = isForwarded && isIP(req.ip ?? "") > 0 ? req.ip : remoteAddress;
  return ip?.startsWith(IPV4_IN_IPV6) ? ip.slice(IPV4_IN_IPV6.length) : ip;
}
