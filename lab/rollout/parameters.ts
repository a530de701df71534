// The parameters of a deploy: from docs/deploy/kubernetes.yaml, and the service's defaults.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { postgresVariables } from "berth/config";

/** The parameters; times are in milliseconds. */
export interface Parameters {
  surgePercent: number;
  unavailable: number;
  startupPeriodMs: number;
  readinessPeriodMs: number;
  drainDelayMs: number;
  shutdownTimeoutMs: number;
  graceMs: number;
  /** Per process. */
  poolSize: number;
}

/** Reads the parameters. @throws Error when the manifest lacks one */
export function readParameters(): Parameters {
  const manifest = readFileSync(join(__dirname, "../../docs/deploy/kubernetes.yaml"), "utf8");
  const number = (pattern: RegExp): number => {
    const [, value] = pattern.exec(manifest) ?? [];
    if (value === undefined) throw new Error(`docs/deploy/kubernetes.yaml lacks ${pattern.source}`);
    return Number(value);
  };
  return {
    surgePercent: number(/maxSurge: (\d+)%/),
    unavailable: number(/rollingUpdate:[^]*?maxUnavailable: (\d+)\n/),
    startupPeriodMs: 1000 * number(/startupProbe:[^]*?periodSeconds: (\d+)/),
    readinessPeriodMs: 1000 * number(/readinessProbe:[^]*?periodSeconds: (\d+)/),
    drainDelayMs: number(/DRAIN_DELAY_MS, value: "(\d+)"/),
    shutdownTimeoutMs: number(/SHUTDOWN_TIMEOUT_MS, value: "(\d+)"/),
    graceMs: 1000 * number(/terminationGracePeriodSeconds: (\d+)/),
    poolSize: Number(postgresVariables.DATABASE_POOL_SIZE.default),
  };
}
