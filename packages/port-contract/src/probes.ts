// The protocols that can be probed, by name.
import { probe as grpc } from "./probes/grpc";
import { probe as http } from "./probes/http";
import type { Probe } from "./probes/probe";
import { probe as redis } from "./probes/redis";
import { probe as tcpBanner } from "./probes/tcp-banner";
import { probe as xmpp } from "./probes/xmpp";
import { UsageError } from "./usage-error";

const probes: readonly Probe[] = [http, redis, grpc, xmpp, tcpBanner];

/** The names that `--probe` takes; the first one is the default. */
export const probeNames: readonly string[] = probes.map(({ name }) => name);

/**
 * Finds a probe by its name.
 *
 * @throws UsageError when there is none of that name
 */
export function probeNamed(name: string): Probe {
  const found = probes.find((probe) => probe.name === name);
  if (found) return found;
  throw new UsageError(`--probe ${name}: expected one of ${probeNames.join(", ")}`);
}
