// The interface of the ways to serve one port with several processes.
import { join } from "node:path";
import type { Journal } from "../load/journal";

/** A running way. */
export interface RunningWay {
  /** Where clients connect. */
  port: number;
  /** Restarts every serving process gracefully, and resolves when the new ones serve everything. */
  roll(): Promise<void>;
  stop(): Promise<void>;
}

/** Options for starting a way. */
export interface WayOptions {
  /** The Node binary that runs the service. */
  node: string;
  /** The script of the service. */
  service: string;
  journal: Journal;
}

/** A way to serve one port with several processes. */
export interface Way {
  title: string;
  /** Whether a POST may be lost that crosses the close of an idle connection, because a proxy must not retry it. */
  mayLosePosts?: true;
  /** @throws MissingProgram when a required program is not installed @throws Error when it does not start */
  start(options: WayOptions): Promise<RunningWay>;
}

/** The HTTP service. */
export const SERVICE = join(__dirname, "service.js");

/** The complete environment of the service. */
export const serviceEnvironment = ({
  journal,
}: Pick<WayOptions, "journal">): Record<string, string> => ({
  DRAIN_JOURNAL: journal.path,
});
