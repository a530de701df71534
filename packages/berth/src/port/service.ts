// The interface of a service that is bound to a port, whatever its protocol.
import type { BoundAddress } from "./bind";

/**
 * A service that is bound to a port. The lifecycle starts it, and stops it without losing work.
 * @see https://12factor.net/port-binding
 */
export interface PortBoundService {
  /** Its name in the log, such as `web`. */
  readonly name: string;
  /**
   * Binds the port; resolves with the actual address once connections are accepted.
   * @throws BindError if the port cannot be bound.
   */
  bind(): Promise<BoundAddress>;
  /** Whether it accepts new work: it is bound, and not draining. */
  isReady(): boolean;
  /** Accepts the connections in the accept queue, which would be reset when the port closes; called before `drain`. */
  acceptWaiting?(): Promise<void>;
  /** Begins to drain while connections are still accepted: clients are told to reconnect elsewhere. */
  beginDrain(): void;
  /**
   * Stops accepting; resolves when the last connection is closed, which `destroy` may force.
   * @param remainingMs Time left until `destroy`, in milliseconds: grace periods for idle clients must be shorter.
   */
  drain(remainingMs: number): Promise<void>;
  /** Closes all remaining connections at once. */
  destroy(): void;
}
