// Network addresses of this machine.
import { networkInterfaces } from "node:os";

/** A non-loopback address of this machine, IPv4 if possible; link-local addresses need a zone id and are left out. */
export function externalAddress(): string | undefined {
  const outside = allAddresses().filter(({ internal }) => !internal);
  const usable = outside.filter(({ address }) => !/^(fe80|169\.254)/i.test(address));
  const ipv4 = usable.find(({ family }) => family === "IPv4");
  return (ipv4 ?? usable[0])?.address;
}

/** Whether this machine has ::1. */
export function hasIpv6(): boolean {
  return allAddresses().some(({ address }) => address === "::1");
}

function allAddresses() {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
}
