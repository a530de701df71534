// A process that logs foreign errors in every way in which a service may.
import "berth/early";
import { inspect } from "node:util";
import type { Request, Response } from "express";
import { createAppService } from "berth/http";
import { log } from "berth/log";
import { serve } from "berth/process";
import { httpVariables } from "berth/config";
import { createTestApp } from "berth/testing";
import { makeForeignErrors } from "../foreign-errors";

const ofErrors: Readonly<Record<string, (err: object) => void>> = {
  "as err": (err) => log.error({ err }),
  "as err, with its message": (err) => log.fatal({ err }, (err as Error).message),
  alone: (err) => log.error(err),
  "alone, with a message": (err) => log.error(err, "failed"),
  "under another name": (err) => log.error({ failure: err }),
  "in a list": (err) => log.error({ list: [{ deep: { err } }] }),
  "as text": (err) => log.error("failed: %s", err),
  "as JSON": (err) => log.error("failed: %j", err),
  "by a child": (err) => log.child({ failure: err }).error("failed"),
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- some are not errors
  unhandled: (err) => void Promise.reject(err),
};

const ofMessages: Readonly<Record<string, (req: Request, res: Response) => void>> = {
  "as req and res": (req, res) => log.error({ req, res }),
  "a request alone": (req) => log.error(req),
  "a response alone": (_req, res) => log.error(res),
  "under other names": (req, res) => log.error({ request: req, of: { response: res } }),
  "by a child": (req, res) => log.child({ req, response: res }).error("failed"),
  "its parts": ({ headers, rawHeaders }) => log.error({ headers, of: { headers, rawHeaders } }),
};

void serve(httpVariables, async ({ config, logger, target, draining, run }) => {
  const { errors, secrets } = await makeForeignErrors();
  const { app } = createTestApp(
    (router) => {
      router.get("/errors", (_req, res) => {
        const held = errors.map(({ kind, err }) => [
          kind,
          inspect(err, { depth: 20, showHidden: true }),
        ]);
        res.json({
          secrets,
          held,
          ofErrors: Object.keys(ofErrors),
          ofMessages: Object.keys(ofMessages),
        });
      });
      for (const { kind, err } of errors) {
        router.get(`/thrown/${kind}`, () => {
          throw err;
        });
      }
      router.get("/logged/:way", (req, res) => {
        for (const { err } of errors) ofErrors[req.params.way]?.(err as object);
        res.end();
      });
      router.get("/message/:way", (req, res) => {
        res.set({
          "Set-Cookie": "s=mark-message-setcookie",
          "X-Token": "mark-message-responseheader",
        });
        ofMessages[req.params.way]?.(req, res);
        res.end();
      });
      router.get("/done/:way", (_req, res) => void res.end());
    },
    { logger, draining },
  );
  return run([createAppService({ name: "web", app, config, logger, target })]);
});
