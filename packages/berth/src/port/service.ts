// What a port-bound service is, whatever protocol it speaks.
import type { BoundAddress } from "./bind";

/**
 * A service that exports itself by binding a port: the life cycle starts it, and stops it without losing work.
 * @see https://12factor.net/port-binding
 */
export interface PortBoundService {
  /** What the log calls it, such as `web`. */
  readonly name: string;
  /**
   * Binds the port and resolves with the actual address once connections are accepted.
   * @throws BindError when the port cannot be bound.
   */
  bind(): Promise<BoundAddress>;
  /** Whether new work may be sent here: bound, and not draining. */
  isReady(): boolean;
  /** Takes the connections that wait to be accepted, which are lost when the port is closed: called before `drain`. */
  acceptWaiting?(): Promise<void>;
  /** Announces the end, while connections are still accepted: clients are told to go elsewhere. */
  beginDrain(): void;
  /**
   * Stops accepting and resolves when the last connection is gone, which `destroy` may force.
   * @param remainingMs Time left until `destroy`, in milliseconds: graces for idle peers must fit into it.
   */
  drain(remainingMs: number): Promise<void>;
  /** Cuts every connection that is left. */
  destroy(): void;
}
