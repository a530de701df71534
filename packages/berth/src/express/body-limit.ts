// How large a body may be where a handler sets no limit of its own: kept in the app's settings, which mounted apps inherit.
import type { Express, Request } from "express";

const SETTING = "body limit bytes";

/** Sets the limit of an app and of those mounted in it, in bytes. */
export function setBodyLimit(app: Express, limitBytes: number): void {
  app.set(SETTING, limitBytes);
}

/**
 * The limit for a request's body, in bytes.
 * @throws Error when its app has none, as one that a router has mounted: Express gives it no settings.
 */
export function bodyLimit({ app }: Request): number {
  const limitBytes: unknown = app.get(SETTING);
  if (typeof limitBytes === "number") return limitBytes;
  throw new Error("This app has no limit for bodies: mount it by app.use, or pass limitBytes.");
}
