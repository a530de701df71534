// Messages for the next page that a visitor sees, such as "Saved." after a redirect.
import type { Request, Response } from "express";
import { relativePath } from "../http/relative-url";
import { saveSession, sessionOf } from "./sessions";

/** A message for the next page. */
export interface Flash {
  /** For the page's style: `info`, or any word of yours. */
  kind: string;
  text: string;
}

/** The maximum number of messages kept until a page shows them, and the maximum length of each, in characters. */
const COUNT_LIMIT = 10;
const LENGTH_LIMIT = 1000;

/** Keeps a message in the session until `takeFlashes`; only the last ten are kept. */
export function flash(req: Request, text: string, kind = "info"): void {
  const session = sessionOf(req) as WithFlashes | undefined;
  if (!session) return;
  const kept = [...(session.flashes ?? []), { kind, text: text.slice(0, LENGTH_LIMIT) }];
  session.flashes = kept.slice(-COUNT_LIMIT);
}

/** Returns the messages, and removes them from the session. */
export function takeFlashes(req: Request): readonly Flash[] {
  const session = sessionOf(req) as WithFlashes | undefined;
  const flashes = session?.flashes ?? [];
  if (session && flashes.length > 0) delete session.flashes;
  return flashes;
}

interface WithFlashes {
  flashes?: readonly Flash[];
}

/**
 * Responds to a form with a redirect to a page (303), once the session is stored: a browser follows it at once.
 * @param path From the app's root, such as `/notes`; it never leads to another origin.
 * @throws BackingServiceUnavailable when sessions cannot be stored.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4.4
 */
export async function seeOther(req: Request, res: Response, path: string): Promise<void> {
  await saveSession(req);
  res.redirect(303, relativePath(req, path));
}
