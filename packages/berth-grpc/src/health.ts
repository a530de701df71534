// The standard health service (grpc.health.v1), the readiness probe of load balancers and Kubernetes.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkReadiness, type ReadinessOptions, REPLACED, workSignal } from "berth/process";
import { CallError } from "./call-error";
import type { Call, RpcService } from "./handlers";
import { loadProtos } from "./protos";

/** Options of the health service. */
export interface HealthOptions extends ReadinessOptions {
  /** Aborted when the drain begins: the status becomes NOT_SERVING. */
  draining: AbortSignal;
  /** Aborted when the listener closes: watches end. */
  ending: AbortSignal;
  /** The services that can be checked, besides `""`, the server as a whole. */
  serviceNames: readonly string[];
}

type ServingStatus = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

/** How often the status is checked for watches, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** Creates the health service. @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function createHealth(options: HealthOptions): RpcService {
  const { draining, ending, serviceNames } = options;
  const isKnown = (service: string): boolean => service === "" || serviceNames.includes(service);
  const isLeaving = (): boolean => draining.aborted && draining.reason !== REPLACED;

  async function currentStatus(): Promise<ServingStatus> {
    if (isLeaving()) return "NOT_SERVING";
    const { isReady } = await checkReadiness(options);
    return isReady && !isLeaving() ? "SERVING" : "NOT_SERVING";
  }

  let latest: { at: number; status: Promise<ServingStatus> } | undefined;
  /** All watches share one check per interval. */
  function sharedStatus(): Promise<ServingStatus> {
    if (isLeaving()) return currentStatus();
    if (!latest || performance.now() - latest.at >= CHECK_INTERVAL_MS) {
      latest = { at: performance.now(), status: currentStatus() };
    }
    return latest.status;
  }

  async function* watch(request: object, { signal }: Call) {
    const { service } = request as { service: string };
    // Once per call: `draining` and `ending` live as long as the process, and a listener for each check would be a leak.
    const over = workSignal(signal, ending);
    const overOrDraining = workSignal(over, draining);
    let sent: ServingStatus | undefined;
    while (!signal.aborted) {
      const status = isKnown(service) ? await sharedStatus() : "SERVICE_UNKNOWN";
      if (status !== sent) yield { status };
      sent = status;
      if (ending.aborted) throw new CallError("UNAVAILABLE", "The service is going away.");
      // The drain ends one sleep. After that, only the end of the call or of all watches does.
      const wake = draining.aborted ? over : overOrDraining;
      await sleep(CHECK_INTERVAL_MS, undefined, { signal: wake }).catch(() => undefined);
    }
  }

  return {
    name: "grpc.health.v1.Health",
    protos: PROTOS,
    handlers: {
      async check(request) {
        const { service } = request as { service: string };
        if (isKnown(service)) return { status: await currentStatus() };
        throw new CallError("NOT_FOUND", "There is no such service.");
      },
      watch,
    },
  };
}

const PROTOS = loadProtos(join(__dirname, "../protos/health.proto"));
