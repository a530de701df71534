// What a request passes before Express sees it.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Express } from "express";

/** A request as Node hands it over. */
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

/** Calls back once, when all routes are in place: with the first request. */
export function beforeFirstRequest(app: Express, prepare: () => void): void {
  const entrance = app as unknown as Entrance;
  const handle = entrance.handle.bind(app);
  let isPrepared = false;
  const prepareAndHandle: Entrance["handle"] = (req, res, next) => {
    // Later requests need not pass here, unless somebody else has come in front.
    if (entrance.handle === prepareAndHandle) entrance.handle = handle;
    if (!isPrepared) {
      isPrepared = true;
      prepare();
    }
    handle(req, res, next);
  };
  entrance.handle = prepareAndHandle;
}

/** Express' own types leave it out. */
interface Entrance {
  handle(req: Incoming, res: ServerResponse, next?: () => void): void;
}
