// What proxies write into X-Forwarded-For.
import { isIPv4, isIPv6 } from "node:net";

/** Azure's Application Gateway and IIS append the client's port, and then put IPv6 into brackets. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\](?::\d{1,5})?|(?<v4>[\d.]+):\d{1,5})$/;

/** The address in an entry of X-Forwarded-For that may carry a port; what is not an address stays as it is. */
export function withoutPort(entry: string): string {
  const { v4 = "", v6 = "" } = WITH_PORT.exec(entry)?.groups ?? {};
  if (isIPv4(v4)) return v4;
  return isIPv6(v6) ? v6 : entry;
}
