// Forms whose file is passed on while it arrives, over real connections.
import { once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { multipart } from "../../src/http/form";
import { object, text } from "../../src/schema/fields";
import { file, type StreamedFile, streamedFile } from "../../src/schema/file";
import { atEnd } from "../../src/testing/cleanup";
import { problem } from "../../src/testing/app";
import {
  END,
  formHead,
  formRequest,
  part,
  PNG,
  serveForms,
  until,
  untilNothingIsStored,
  uploadFolder,
} from "../support/forms";

const MAX_BYTES = 1_000_000;
const scan = object({
  title: text(1, 80),
  cover: v.optional(file({ maxBytes: 1000 })),
  image: v.optional(streamedFile({ maxBytes: MAX_BYTES, types: ["image/png"] })),
});

/** An upstream that keeps what it receives. */
async function startUpstream() {
  const received: { bytes: number; isComplete: boolean }[] = [];
  let begun = 0;
  const server = createServer((req: IncomingMessage, res) => {
    begun++;
    let bytes = 0;
    req.on("data", (chunk: Buffer) => (bytes += chunk.length));
    req.on("error", () => undefined);
    req.on("close", () => received.push({ bytes, isComplete: req.complete }));
    req.on("end", () => res.end("stored"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  });
  const { port } = server.address() as AddressInfo;
  return {
    received,
    untilBegun: () =>
      until(
        () => begun > 0,
        () => "the upstream has no request",
      ),
    /** Passes a file on. */
    async send({ stream }: StreamedFile): Promise<number | undefined> {
      const req = httpRequest({ port, method: "PUT" });
      const response = once(req, "response") as Promise<[IncomingMessage]>;
      response.catch(() => undefined);
      await pipeline(stream, req);
      const [res] = await response;
      res.resume();
      return res.statusCode;
    },
  };
}

type Upstream = Awaited<ReturnType<typeof startUpstream>>;
type Handler = (body: v.InferOutput<typeof scan>, res: Response) => Promise<unknown>;

const serve = (handler: Handler) =>
  serveForms((router) =>
    router.post(
      "/",
      describeRoute({
        summary: "Passes a file on.",
        form: scan,
        formOptions: { folder: uploadFolder() },
        responses: { 200: v.any() },
      }),
      async (req, res) => {
        res.json(await handler(req.body, res as never));
      },
    ),
  );

const title = part("title", "Anchor");
const image = (content: Buffer | string = PNG) => part("image", content, "a.png");

describe("a form with a streamed file", () => {
  let upstream: Upstream;
  beforeEach(async () => (upstream = await startUpstream()));
  afterEach(untilNothingIsStored);

  const pass: Handler = async ({ image, ...fields }) => ({
    ...fields,
    name: image?.name,
    type: image?.type,
    status: image && (await upstream.send(image)),
  });

  it("reaches an upstream whole, after the fields before it", async () => {
    const server = await serve(pass);
    const content = Buffer.concat([PNG, Buffer.alloc(MAX_BYTES - PNG.length, "x")]);
    const cover = part("cover", "text", "cover.txt");
    expect(await server.send(formRequest(title, cover, image(content), END))).toEqual({
      status: 200,
      body: {
        title: "Anchor",
        cover: { name: "cover.txt", type: "text/plain", bytes: 4 },
        name: "a.png",
        type: "image/png",
        status: 200,
      },
    });
    expect(upstream.received).toEqual([{ bytes: MAX_BYTES, isComplete: true }]);
  });

  it("may be absent", async () => {
    const server = await serve(pass);
    expect((await server.send(formRequest(title, END))).body).toEqual({ title: "Anchor" });
    expect((await server.send(formRequest(title, part("image", "", ""), END))).body).toEqual({
      title: "Anchor",
    });
  });

  it.each<[string, string[], number, object]>([
    [
      "its fields are not valid",
      [image()],
      422,
      {
        detail: "Some fields are not valid.",
        errors: [{ pointer: "/title", detail: "is required" }],
      },
    ],
    [
      "it is of another type",
      [title, image("%PDF-1.7")],
      422,
      {
        detail: "Some fields are not valid.",
        errors: [{ pointer: "/image", detail: "must be a file of type image/png" }],
      },
    ],
  ])("calls no handler if %s", async (_name, parts, status, members) => {
    const handler = jest.fn<Promise<unknown>, []>().mockResolvedValue({});
    const server = await serve(handler);
    expect(await server.send(formRequest(...parts, END))).toEqual({
      status,
      body: problem(status, "Unprocessable Entity", members),
    });
    expect(handler).not.toHaveBeenCalled();
  });

  /** A form up to its file's last bytes, which the upstream has begun to receive. */
  async function sendBegin(headers: string) {
    const server = await serve(pass);
    const client = await server.connect();
    const begin = title + image(Buffer.concat([PNG, Buffer.alloc(9000)])).slice(0, -2);
    const bytes = headers.startsWith("Transfer")
      ? `2400\r\n${begin.padEnd(0x2400, "x")}\r\n`
      : begin;
    client.socket.write(formHead(headers) + bytes, "latin1");
    await upstream.untilBegun();
    return { server, client };
  }

  const CHUNKED = "Transfer-Encoding: chunked";
  const chunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n`;

  it.each<[string, string, number, object]>([
    [
      "is too large",
      chunk("x".repeat(MAX_BYTES)),
      413,
      {
        detail: "A file is too large.",
        errors: [{ pointer: "/image", detail: `must have at most ${MAX_BYTES} bytes` }],
      },
    ],
    [
      "is not the last part",
      chunk(`\r\n${title}`) + chunk(END) + chunk(""),
      400,
      { detail: "The file must be the last part of the form." },
    ],
    ["is cut off", chunk(""), 400, { detail: "The body must be a valid multipart form." }],
  ])("fails in the handler and at the upstream if it %s", async (_name, rest, status, members) => {
    const { client } = await sendBegin(CHUNKED);
    client.socket.write(rest, "latin1");
    const received = await client.until(/^HTTP[^]*\r\n\r\n[^]*\}$/);
    expect(JSON.parse(received.split("\r\n\r\n")[1] as string)).toMatchObject({
      status,
      ...members,
    });
    await until(
      () => upstream.received.length > 0,
      () => "the upstream's request has not ended",
    );
    expect(upstream.received).toMatchObject([{ isComplete: false }]);
  });

  it("fails at the upstream when the client leaves half-way", async () => {
    const { client, server } = await sendBegin("Content-Length: 990000");
    client.socket.destroy();
    await until(
      () => upstream.received.length > 0,
      () => "the upstream's request has not ended",
    );
    expect(upstream.received).toMatchObject([{ isComplete: false }]);
    await server.untilAborted();
    expect(server.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("leaves the other fields as they were when the handler was called", async () => {
    const files = { cover: file({ maxBytes: 99 }), image: streamedFile({ maxBytes: 99 }) };
    const server = await serveForms((router) =>
      router.post("/", multipart({ files, folder: uploadFolder() }), async (req, res) => {
        const { cover, image } = req.body as { cover: object; image: StreamedFile };
        await once(image.stream.resume(), "close");
        await new Promise((resolve) => setImmediate(resolve));
        res.json({ cover, isSame: (req.body as { cover: object }).cover === cover });
      }),
    );
    const { body } = await server.send(formRequest(part("cover", PNG, "c"), image(), END));
    expect(body).toMatchObject({ cover: { name: "c" }, isSame: true });
  });

  it("is discarded if the handler does not read it, and the connection is used again", async () => {
    const server = await serve(() => Promise.resolve({ isDone: true }));
    const client = await server.connect();
    const large = image(Buffer.concat([PNG, Buffer.alloc(900_000)]));
    client.socket.write(formRequest(title, large, END), "latin1");
    await client.until(/^HTTP\/1.1 200[^]*\}$/);
    client.socket.write(formRequest(title, END), "latin1");
    await client.until(/\}HTTP\/1.1 200[^]*\}$/);
  });
});

describe("the description of a form with streamed files", () => {
  it.each([
    [{ a: streamedFile({ maxBytes: 1 }), b: streamedFile({ maxBytes: 1 }) }, "one streamed file"],
    [{ a: v.pipe(v.array(streamedFile({ maxBytes: 1 })), v.maxLength(2)) }, "one streamed file"],
    [{ a: streamedFile({ maxBytes: 1 }), b: text(1, 2) }, "must be the form's last field"],
    [{ a: v.array(file({ maxBytes: 1 })) }, "A list of files needs a maximum"],
  ])("is refused at once if it contradicts itself: %#", (entries, message) => {
    const form = object(entries);
    expect(() =>
      describeRoute({ summary: "Is not made.", form, responses: { 204: null } }),
    ).toThrow(message);
  });

  it.each([
    [{ maxBytes: 0 }, "maxBytes must be a whole number of bytes, not 0"],
    [{ maxBytes: 1, types: ["image/x" as never] }, "Files of type image/x are not recognized"],
  ])("is refused at once with %j", (options, message) => {
    expect(() => file(options)).toThrow(message);
  });
});
