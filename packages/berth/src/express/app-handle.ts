// Wraps `app.handle`, through which Express takes every request.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Express } from "express";

/** Missing in Express' types. */
interface Handler {
  handle(req: IncomingMessage & { url: string }, res: ServerResponse, next?: () => void): void;
}

/** Calls back once, on the first request, when all routes have been added. */
export function beforeFirstRequest(app: Express, prepare: () => void): void {
  const handler = app as unknown as Handler;
  const handle = handler.handle.bind(app);
  let isPrepared = false;
  const prepareAndHandle: Handler["handle"] = (req, res, next) => {
    // Later requests skip this wrapper, unless another one has been put around it.
    if (handler.handle === prepareAndHandle) handler.handle = handle;
    if (!isPrepared) {
      isPrepared = true;
      prepare();
    }
    handle(req, res, next);
  };
  handler.handle = prepareAndHandle;
}

/**
 * Accepts request targets in absolute-form, such as `http://user:password@host/path`, as every server must: strips scheme,
 * credentials and host. For a target that it cannot parse, Express sends an error page of its own without running any
 * middleware.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function acceptAbsoluteForm(app: Express): void {
  const handler = app as unknown as Handler;
  const handle = handler.handle.bind(app);
  handler.handle = (req, res, next) => {
    if (req.url.charCodeAt(0) !== SLASH) req.url = pathOf(req.url);
    handle(req, res, next);
  };
}

const SLASH = 0x2f;

/** Leaves `*` unchanged. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  return path === "" || path.startsWith("?") ? `/${path}` : path;
}
