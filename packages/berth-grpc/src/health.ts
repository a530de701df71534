// The standard health service: tells whoever balances calls whether they may come here.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkReadiness, type ReadinessOptions, REPLACED, workSignal } from "berth/process";
import { CallError } from "./call-error";
import type { Call, RpcService } from "./handlers";
import { loadProtos } from "./protos";

/** What health depends on. */
export interface HealthOptions extends ReadinessOptions {
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** Aborted when watchers have to go. */
  ending: AbortSignal;
  /** What can be asked for, besides the server as a whole, which is `""`. */
  serviceNames: readonly string[];
}

type Serving = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

/** How often a watched status is looked at, in milliseconds. */
const LOOK_MS = 1000;

/** Creates the service. @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function createHealth(options: HealthOptions): RpcService {
  const { draining, ending, serviceNames } = options;
  const isKnown = (service: string): boolean => service === "" || serviceNames.includes(service);
  const isLeaving = (): boolean => draining.aborted && draining.reason !== REPLACED;

  async function look(): Promise<Serving> {
    if (isLeaving()) return "NOT_SERVING";
    const { isReady } = await checkReadiness(options);
    return isReady && !isLeaving() ? "SERVING" : "NOT_SERVING";
  }

  let latest: { at: number; status: Promise<Serving> } | undefined;
  /** One look is enough for all who watch. */
  function lookTogether(): Promise<Serving> {
    if (isLeaving()) return look();
    if (!latest || performance.now() - latest.at >= LOOK_MS) {
      latest = { at: performance.now(), status: look() };
    }
    return latest.status;
  }

  async function* watch(request: object, { signal }: Call) {
    const { service } = request as { service: string };
    // For the whole call: signals that live as long as the process must not collect something for each look.
    const over = workSignal(signal, ending);
    const sooner = workSignal(over, draining);
    let told: Serving | undefined;
    while (!signal.aborted) {
      const status = isKnown(service) ? await lookTogether() : "SERVICE_UNKNOWN";
      if (status !== told) yield { status };
      told = status;
      if (ending.aborted) throw new CallError("UNAVAILABLE", "The service is going away.");
      // The drain wakes it once: after that only the end does.
      const waking = draining.aborted ? over : sooner;
      await sleep(LOOK_MS, undefined, { signal: waking }).catch(() => undefined);
    }
  }

  return {
    name: "grpc.health.v1.Health",
    protos: PROTOS,
    handlers: {
      async check(request) {
        const { service } = request as { service: string };
        if (isKnown(service)) return { status: await look() };
        throw new CallError("NOT_FOUND", "There is no such service.");
      },
      watch,
    },
  };
}

const PROTOS = loadProtos(join(__dirname, "../protos/health.proto"));
