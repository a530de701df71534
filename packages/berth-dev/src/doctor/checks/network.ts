// Checks whether the service can bind every address, and whether `localhost` resolves to it.
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Finding } from "../check";

/** What the check needs to know about the machine. */
export interface Network {
  /** Whether a server can listen on an address. */
  canBind: (host: string) => Promise<boolean>;
  /** The addresses of `localhost`. */
  localhost: () => Promise<readonly string[]>;
}

export const checkNetwork = (): Promise<Finding[]> => judgeNetwork({ canBind, localhost });

export async function judgeNetwork({ canBind, localhost }: Network): Promise<Finding[]> {
  const [hasIpv6, addresses] = await Promise.all([canBind("::1"), localhost()]);
  const findings: Finding[] = [];
  if (!hasIpv6) {
    findings.push({
      level: "note",
      message:
        "this machine has no IPv6: services bind 0.0.0.0 instead of ::, and clients reach them at 127.0.0.1 only",
    });
  }
  const usable = addresses.filter((address) => hasIpv6 || address !== "::1");
  if (usable.length === 0) {
    const found = addresses.length === 0 ? "no address" : `only ${addresses.join(", ")}`;
    findings.push({
      level: "warning",
      message: `localhost has ${found}${hasIpv6 ? "" : ", and this machine has no IPv6"}: URLs with localhost will not work`,
      cure: "Add the line 127.0.0.1 localhost to /etc/hosts",
    });
  }
  return findings;
}

async function canBind(host: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port: 0 });
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

const localhost = (): Promise<readonly string[]> =>
  lookup("localhost", { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
