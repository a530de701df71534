// Hooks that run before Express handles a request.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Express } from "express";

/** A request as Node passes it to the app. */
export type Incoming = IncomingMessage & { url: string };

/** Calls back for every request. */
export function atEntrance(app: Express, enter: (req: Incoming) => void): void {
  const entrance = app as unknown as Entrance;
  const handle = entrance.handle.bind(app);
  entrance.handle = (req, res, next) => {
    enter(req);
    handle(req, res, next);
  };
}

/** Calls back once, on the first request, when all routes have been added. */
export function beforeFirstRequest(app: Express, prepare: () => void): void {
  const entrance = app as unknown as Entrance;
  const handle = entrance.handle.bind(app);
  let isPrepared = false;
  const prepareAndHandle: Entrance["handle"] = (req, res, next) => {
    // Later requests skip this wrapper, unless another one has been put around it.
    if (entrance.handle === prepareAndHandle) entrance.handle = handle;
    if (!isPrepared) {
      isPrepared = true;
      prepare();
    }
    handle(req, res, next);
  };
  entrance.handle = prepareAndHandle;
}

/** Missing in Express' types. */
interface Entrance {
  handle(req: Incoming, res: ServerResponse, next?: () => void): void;
}
