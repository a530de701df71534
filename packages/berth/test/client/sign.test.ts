import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AwsV4Signer } from "aws4fetch";
import { ServiceProblem } from "../../src/client/errors";
import { createServiceClient, type ServiceClient } from "../../src/client/service-client";
import type { RequestToSign, Sign } from "../../src/client/types";
import { createTestLogger } from "../../src/testing/app";
import { CREDENTIALS, startObjectStore } from "../support/object-store";
import { runExample } from "../support/page-example";
import { attach, startService } from "../support/stock-service";

/** As in docs/services.md. */
const withCredentials = (credentials: typeof CREDENTIALS): Sign => {
  return async ({ method, url, headers, body }) => {
    const signer = new AwsV4Signer({
      ...{ method, url, headers, body, service: "s3", region: "eu-central-1" },
      ...credentials,
    });
    return (await signer.sign()).headers;
  };
};
const sign = withCredentials(CREDENTIALS);

const photo = Buffer.from([137, 80, 78, 71, 0, 255]);

async function startStore(
  given: Partial<Parameters<typeof attach>[1]> = {},
  fails?: RequestListener,
) {
  const store = await startObjectStore(fails);
  const { client, log } = attach(`${store.url}/photos`, { sign, pingPath: "/", ...given });
  const put = (path: string, data: Buffer | Readable, length?: number) => {
    const content = { type: "image/png", data, ...(length !== undefined && { length }) };
    return client.request({ method: "PUT", path, content });
  };
  return { ...store, client, log, put };
}

describe("docs/services.md", () => {
  const scope = { AwsV4Signer, region: "eu-central-1", credentials: CREDENTIALS };

  it("shows calls with content and a stream, and their signature", async () => {
    const store = await startObjectStore();
    const { logger } = createTestLogger();
    const { files } = await runExample<{ files: ServiceClient }>(
      "services.md",
      "const sign: Sign",
      { ...scope, createServiceClient, url: `${store.url}/photos`, logger },
      "files",
    );
    const images = new Map<string, Buffer>();
    const calls = { files, id: "7", bytes: photo, images };
    await runExample("services.md", "const stored", calls);
    expect(store.asked).toEqual(["PUT /photos/photos/7", "GET /photos/photos/7"]);
    const path = join(mkdtempSync(join(tmpdir(), "an example ")), "photo");
    const more = { pipeline, createWriteStream, path };
    await runExample("services.md", "const { body }", { ...calls, ...more });
    expect(readFileSync(path)).toEqual(photo);
    rmSync(dirname(path), { recursive: true });
    // It was not modified since.
    expect([...images]).toEqual([]);
    await files.close();
  });
});

describe("a signed call", () => {
  it("is taken by a store that verifies AWS signatures: bytes, text and streams", async () => {
    const { client, put, objects, refused } = await startStore();
    await put("/bytes", photo);
    await put("/stream%20%C3%BC", Readable.from([photo.subarray(0, 3), photo.subarray(3)]), 6);
    await client.call({ method: "PUT", path: "/json", body: { name: "größe" } });
    expect([...objects]).toEqual([
      ["/photos/bytes", { type: "image/png", bytes: photo }],
      ["/photos/stream%20%C3%BC", { type: "image/png", bytes: photo }],
      ["/photos/json", { type: "application/json", bytes: Buffer.from('{"name":"größe"}') }],
    ]);
    const query = { "response-content-type": "a/b", versionId: "1" };
    const { bytes } = await client.request({ method: "GET", path: "/bytes" });
    const missing = { method: "GET", path: "/missing", query, accept: [404] } as const;
    expect([bytes, (await client.request(missing)).status]).toEqual([photo, 404]);
    const { body } = await client.stream({ method: "GET", path: "/stream%20%C3%BC" });
    expect(await body.toArray()).toEqual([photo]);
    expect(refused).toEqual([]);
  });

  it("is refused by it with another secret, and without a signature", async () => {
    const wrong = withCredentials({ ...CREDENTIALS, secretAccessKey: "other" });
    for (const signer of [wrong, () => ({})]) {
      const { put, objects } = await startStore({ sign: signer });
      await expect(put("/bytes", photo)).rejects.toThrow(ServiceProblem);
      expect([...objects]).toEqual([]);
    }
  });

  it("is signed again each time it is sent", async () => {
    let times = 0;
    const signed: string[] = [];
    const { put, refused } = await startStore(
      {
        sign: async (request) => {
          const headers = Object.fromEntries((await sign(request)) as Iterable<[string, string]>);
          signed.push(`${++times} ${headers.authorization?.slice(0, 16)}`);
          return { ...headers, "x-try": String(times) };
        },
      },
      (req, res) => {
        if (req.headers["x-try"] === "1") res.writeHead(503, { "Retry-After": "0" }).end();
      },
    );
    expect((await put("/bytes", photo)).status).toBe(200);
    expect([signed, refused]).toEqual([["1 AWS4-HMAC-SHA256", "2 AWS4-HMAC-SHA256"], []]);
  });

  it("is signed with all that is sent, and pings are, too", async () => {
    const requests: RequestToSign[] = [];
    const seen: unknown[] = [];
    const { url } = await startService(({ headers }, res) => {
      seen.push(headers["x-envoy-expected-rq-timeout-ms"], headers.authorization);
      res.end();
    });
    const { client } = attach(`${url}/api`, {
      sign: (request) => {
        requests.push(request);
        return { Authorization: "mine" };
      },
    });
    await client.call({ method: "POST", path: "/ships", query: { a: "ü" }, body: { a: 1 } });
    await client.ping();
    expect(requests).toEqual([
      {
        method: "POST",
        url: `${url}/api/ships?a=%C3%BC`,
        headers: expect.objectContaining({
          "content-type": "application/json",
          "x-envoy-expected-rq-timeout-ms": seen[0],
        }) as object,
        body: Buffer.from('{"a":1}'),
        isStream: false,
      },
      expect.objectContaining({ method: "GET", url: `${url}/api/livez`, body: undefined }),
    ]);
    expect(seen).toEqual([expect.any(String), "mine", expect.any(String), "mine"]);
  });

  it("fails with the error of the signing, and is not sent", async () => {
    const { url, asked } = await startService((_req, res) => res.end());
    const err = new Error("The credentials have expired.");
    const { client, log } = attach(url, { sign: () => Promise.reject(err), connections: 1 });
    for (let time = 0; time < 6; time++) {
      await expect(client.request({ method: "GET", path: "/" })).rejects.toBe(err);
      await expect(client.stream({ method: "GET", path: "/" })).rejects.toBe(err);
    }
    const { client: other } = attach(url, { sign: () => ({ "Content-Length": "7" }) });
    await expect(other.request({ method: "GET", path: "/" })).rejects.toThrow(
      "A call cannot set the header content-length.",
    );
    expect([asked, log]).toEqual([[], []]);
  });

  it("does not wait for a signature longer than for the call", async () => {
    const { url, asked } = await startService((_req, res) => res.end());
    const { client } = attach(url, { sign: () => new Promise(() => undefined), timeoutMs: 50 });
    await expect(client.request({ method: "GET", path: "/" })).rejects.toMatchObject({
      failure: "timeout",
      message: "The stock service was not called: its request was not signed in time.",
    });
    expect(asked).toEqual([]);
  });
});
