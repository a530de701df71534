// What the ways to serve one port with several processes have in common.
import { join } from "node:path";
import type { Journal } from "../load/journal";

/** Something that serves, under load. */
export interface Serving {
  /** Where clients connect. */
  port: number;
  /** Restarts everything that answers requests, in an orderly manner, and resolves when the new ones do all of it. */
  roll(): Promise<void>;
  stop(): Promise<void>;
}

/** What a way is started with. */
export interface WayOptions {
  /** The Node that runs the service. */
  node: string;
  /** The program that is served. */
  service: string;
  journal: Journal;
}

/** One way. */
export interface Way {
  title: string;
  /** Whether a POST may be lost that crosses the end of an idle connection: who forwards it may not send it twice. */
  mayLosePosts?: true;
  /** @throws Missing when a program that it needs is not installed. @throws Error when it does not come up. */
  start(options: WayOptions): Promise<Serving>;
}

/** The one that speaks HTTP. */
export const SERVICE = join(__dirname, "service.js");

/** What the service finds in its environment, and nothing but that. */
export const serviceEnvironment = ({
  journal,
}: Pick<WayOptions, "journal">): Record<string, string> => ({
  DRAIN_JOURNAL: journal.path,
});
