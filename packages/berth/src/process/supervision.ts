// The messages between a supervisor and its workers, over Node's cluster channel.

/** A worker's environment variable, which tells this supervisor's workers from those of another cluster primary. */
export const WORKER_MARK = { BERTH_WORKER: "1" } as const;

/** From a worker. */
export type WorkerMessage =
  /** The services are built, and can be bound. `connections`: the size of the pool for each backing service. */
  | { supervision: "prepared"; connections: Readonly<Record<string, number>> }
  | { supervision: "bound"; service: string; address: string; port: number }
  | { supervision: "serving" }
  /** It takes no more work, because it crashed or drains. */
  | { supervision: "leaving" }
  | { supervision: "alive" };

/** From a supervisor. */
export type SupervisorMessage =
  /** `whenReady`: only once the readiness checks pass. */
  | { supervision: "bind"; whenReady: boolean }
  /** `replaced`: other workers go on serving the port. */
  | { supervision: "stop"; replaced: boolean }
  | { supervision: "ping" };
