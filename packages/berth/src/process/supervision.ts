// What a supervisor and its workers tell each other, over the channel that Node gives them.

/** What a worker finds in its environment: other primaries have workers, too, and know nothing of this. */
export const MARK = { BERTH_WORKER: "1" } as const;

/** What a worker says. */
export type WorkerMessage =
  /** All is built, and can be bound. `connections`: the most that it will open to each backing service. */
  | { supervision: "prepared"; connections: Readonly<Record<string, number>> }
  | { supervision: "bound"; service: string; address: string; port: number }
  | { supervision: "serving" }
  /** It takes on no more work, for a reason of its own. */
  | { supervision: "leaving" }
  | { supervision: "alive" };

/** What a supervisor says. */
export type SupervisorMessage =
  /** `whenReady`: only once all that it requires can be used. */
  | { supervision: "bind"; whenReady: boolean }
  /** `replaced`: others go on serving the port. */
  | { supervision: "stop"; replaced: boolean }
  | { supervision: "ping" };
