// The default limit for request bodies, kept in the app's settings, which mounted apps inherit.
import type { Express, Request } from "express";

const SETTING = "body limit bytes";

/** Sets the limit for an app and the apps mounted in it, in bytes. */
export function setBodyLimit(app: Express, limitBytes: number): void {
  app.set(SETTING, limitBytes);
}

/**
 * The limit for a request's body, in bytes.
 * @throws Error when the app has none. An app mounted in a router inherits no settings from Express.
 */
export function bodyLimit({ app }: Request): number {
  const limitBytes: unknown = app.get(SETTING);
  if (typeof limitBytes === "number") return limitBytes;
  throw new Error("This app has no body limit: mount it with app.use, or pass limitBytes.");
}
