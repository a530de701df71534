// The address of the client that sent a request, from X-Forwarded-For or the connection.
import { isIP, isIPv4, isIPv6, type Socket } from "node:net";
import type { Request } from "express";

const IPV4_IN_IPV6 = "::ffff:";

/**
 * The client's address: that of X-Forwarded-For if Express' `trust proxy` allows it, otherwise that of the connection. A forwarded
 * value that is no address is ignored, as a client can send anything. The result has no port, and an IPv4 address is not
 * mapped to IPv6 (`::ffff:192.0.2.1`), as it is on a dual-stack socket.
 */
export function clientAddress(req: Request): string | undefined {
  // Without the header, `req.ip` is the connection's address, too, but slower to get.
  const isForwarded = req.headers["x-forwarded-for"] !== undefined;
  const forwarded = isForwarded ? withoutPort(req.ip ?? "") : "";
  return unmapped(isIP(forwarded) > 0 ? forwarded : req.socket.remoteAddress);
}

/** The address of a connection's peer, which may be a proxy. */
export const peerAddress = (socket: Socket): string | undefined => unmapped(socket.remoteAddress);

const unmapped = (ip: string | undefined): string | undefined =>
  ip?.startsWith(IPV4_IN_IPV6) && isIPv4(ip.slice(IPV4_IN_IPV6.length))
    ? ip.slice(IPV4_IN_IPV6.length)
    : ip;

/** Azure's Application Gateway and IIS append the client's port, and then put IPv6 addresses in brackets. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\](?::\d{1,5})?|(?<v4>[\d.]+):\d{1,5})$/;

/** An entry of X-Forwarded-For without its port; one that is no address is returned as it is. */
export function withoutPort(entry: string): string {
  const { v4 = "", v6 = "" } = WITH_PORT.exec(entry)?.groups ?? {};
  if (isIPv4(v4)) return v4;
  return isIPv6(v6) ? v6 : entry;
}
