// An object store like S3: it keeps what is put, serves parts of it, and refuses what is not signed (AWS Signature V4).
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { SignatureV4 } from "@smithy/signature-v4";
import { startService } from "./stock-service";

/** The credentials that the store knows. */
export const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "s3cret/+=" };

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const etagOf = (bytes: Uint8Array) => `"${sha256(bytes).slice(0, 32)}"`;

/** What the AWS SDK signs with, on Node's own hashes. */
class Sha256 {
  readonly #hash;
  constructor(secret?: unknown) {
    this.#hash = secret ? createHmac("sha256", secret as Uint8Array) : createHash("sha256");
  }
  update(data: unknown): void {
    this.#hash.update(data as Uint8Array);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error("A hash of Node cannot be reset.");
  }
}

/** Whether the AWS SDK's own signature of the request is the one that it has, and its hash that of the body. */
async function isSigned(req: IncomingMessage, body: Buffer): Promise<boolean> {
  const { authorization = "", "x-amz-date": date, "x-amz-content-sha256": hash } = req.headers;
  if (!authorization) return false;
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(";") ?? [];
  const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization)?.[1] ?? "";
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(date)) ?? [];
  const { pathname, searchParams } = new URL(req.url ?? "", `http://${req.headers.host}`);
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials: CREDENTIALS,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const signed = await signer.sign(
    {
      method: req.method ?? "",
      protocol: "http:",
      hostname: "",
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(names.map((name) => [name, String(req.headers[name])])),
    },
    { signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) },
  );
  const isWhole = hash === "UNSIGNED-PAYLOAD" || hash === sha256(body);
  return isWhole && signed.headers.authorization === authorization;
}

/** The first and last byte of `bytes=2-5`. */
const rangeOf = (range: string | undefined, size: number): [number, number] | undefined => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  return first === undefined
    ? undefined
    : [Number(first), Math.min(Number(last || size), size - 1)];
};

/** Starts the store. @param fails Responds in its place while it returns true. */
export async function startObjectStore(fails: RequestListener | undefined = undefined) {
  const objects = new Map<string, { type: string; bytes: Buffer }>();
  const refused: string[] = [];
  const service = await startService((req, res) => {
    void buffer(req).then(async (body) => {
      if (!(await isSigned(req, body))) {
        refused.push(String(req.url));
        return res.writeHead(403).end("<Error><Code>SignatureDoesNotMatch</Code></Error>");
      }
      if (fails) {
        fails(req, res);
        if (res.writableEnded) return;
      }
      const path = String(req.url);
      if (req.method === "PUT") {
        if (req.headers["content-length"] === undefined) return res.writeHead(411).end();
        objects.set(path, { type: String(req.headers["content-type"]), bytes: body });
        return res.setHeader("ETag", etagOf(body)).end();
      }
      const found = objects.get(path);
      if (!found) return res.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
      const { type, bytes } = found;
      const etag = etagOf(bytes);
      res.setHeaders(
        new Map([
          ["ETag", etag],
          ["Accept-Ranges", "bytes"],
        ]),
      );
      res.setHeader("x-amz-request-id", "7");
      if (req.headers["if-none-match"] === etag) return res.writeHead(304).end();
      const range = rangeOf(req.headers.range, bytes.length);
      res.setHeader("Content-Type", type);
      if (!range) return res.writeHead(200, { "Content-Length": bytes.length }).end(bytes);
      const [first, last] = range;
      if (first >= bytes.length) {
        return res.writeHead(416, { "Content-Range": `bytes */${bytes.length}` }).end("<Error/>");
      }
      const part = bytes.subarray(first, last + 1);
      res.setHeader("Content-Range", `bytes ${first}-${last}/${bytes.length}`);
      return res.writeHead(206, { "Content-Length": part.length }).end(part);
    });
  });
  return { ...service, objects, refused };
}
