// Refuses request heads that Node's parser accepts, but that are ambiguous (request smuggling) or not supported.
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { Problem } from "../request/problem";

/**
 * Refuses a request without exactly one `Host`, or with an expectation or transfer coding that is not supported, and
 * closes its connection.
 * @throws Problem 400 for a second `Host`, or none in HTTP/1.1; 417 for any `Expect` but `100-continue`,
 *   501 for any transfer coding but `chunked`.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 and section 6.1
 */
export const strictHead: RequestHandler = (req, _res, next) => {
  const hosts = countHosts(req);
  if (hosts > 1) throw new Problem(400, SECOND_HOST, {}, CLOSE);
  if (hosts === 0 && isHttp11(req)) throw new Problem(400, NO_HOST, {}, CLOSE);
  const { expect, "transfer-encoding": coding } = req.headers;
  if (expect !== undefined && !CONTINUE.test(expect) && isHttp11(req)) {
    throw new Problem(417, UNKNOWN_EXPECT, {}, CLOSE);
  }
  if (coding !== undefined && !CHUNKED.test(coding)) {
    throw new Problem(501, UNKNOWN_CODING, {}, CLOSE);
  }
  next();
};

const NO_HOST = "The request has no Host.";
const SECOND_HOST = "The request has more than one Host.";
const UNKNOWN_EXPECT = "The only supported expectation is 100-continue.";
const UNKNOWN_CODING = "The only supported transfer coding is chunked.";
const CHUNKED = /^chunked$/i;
const CLOSE = { Connection: "close" };
const CONTINUE = /^100-continue$/i;

const isHttp11 = ({ httpVersion }: IncomingMessage): boolean => httpVersion === "1.1";

/** From the raw headers, as `req.headers` has only the first. */
function countHosts({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    // Cheapest comparison first: lower-casing makes a copy.
    if (name.length === 4 && (name === "Host" || name.toLowerCase() === "host")) count++;
  }
  return count;
}
