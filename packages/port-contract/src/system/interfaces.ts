// The addresses under which this machine is reached: from outside, and over IPv6 at all.
import { networkInterfaces } from "node:os";

/** An address of this machine that is not loopback, IPv4 if there is one; link-local ones need a zone and are left out. */
export function externalAddress(): string | undefined {
  const outside = allAddresses().filter(({ internal }) => !internal);
  const usable = outside.filter(({ address }) => !/^(fe80|169\.254)/i.test(address));
  const ipv4 = usable.find(({ family }) => family === "IPv4");
  return (ipv4 ?? usable[0])?.address;
}

/** Whether ::1 exists here. */
export function hasIpv6(): boolean {
  return allAddresses().some(({ address }) => address === "::1");
}

function allAddresses() {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
}
