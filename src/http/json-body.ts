// Parses JSON bodies within a limit.
import { isUtf8 } from "node:buffer";
import express, { type RequestHandler } from "express";
import { Problem } from "./problem";

/**
 * Parses a JSON object or array into `req.body`, which stays undefined when the request has no JSON body.
 * @param limitBytes The largest body after decompression, in bytes.
 * @throws Problem 400 when it is not valid UTF-8, 415 when it claims to be anything else.
 */
export function jsonBody(limitBytes: number): RequestHandler {
  return express.json({
    limit: limitBytes,
    verify: (_req, _res, body, charset) => {
      // RFC 8259: JSON between systems is UTF-8.
      if (charset !== "utf-8")
        throw new Problem(415, "The body's charset is not supported: send UTF-8.");
      if (!isUtf8(body)) throw new Problem(400, "The body is not valid UTF-8.");
    },
  });
}
