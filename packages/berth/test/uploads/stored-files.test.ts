// Forms whose files are stored, over real connections.
import { readFileSync, statSync } from "node:fs";
import { createWriteStream, existsSync } from "node:fs";
import type { Request } from "express";
import * as v from "valibot";
import { createHttpServer } from "../../src/http/app-service";
import { describeRoute } from "../../src/api/describe-route";
import { arrayOf, object, text } from "../../src/schema/fields";
import { file, fileFieldsOf } from "../../src/schema/file";
import { problem } from "../../src/testing/app";
import { readMultipart } from "../../src/uploads/read-multipart";
import {
  END,
  formHead,
  formRequest,
  type FormServer,
  JPEG,
  part,
  PNG,
  serveForms,
  storedFiles,
  until,
  untilNothingIsStored,
  uploadFolder,
} from "../support/forms";

const MAX_BYTES = 20_000;
const photo = object({
  title: text(1, 80),
  image: file({ maxBytes: MAX_BYTES, types: ["image/png", "image/jpeg"] }),
});
const album = object({
  note: v.optional(text(1, 80)),
  images: arrayOf(file({ maxBytes: MAX_BYTES }), 0, 3),
  pages: v.optional(arrayOf(file({ maxBytes: MAX_BYTES }), 1, 2)),
  cover: v.optional(file({ maxBytes: MAX_BYTES, types: ["image/png"] })),
});

const serve = (
  form: v.GenericSchema<object>,
  onRequest: (req: Request) => void = () => undefined,
) =>
  serveForms((router) =>
    router.post(
      "/",
      describeRoute({
        summary: "Takes a form.",
        form,
        formOptions: { folder: uploadFolder(), limitBytes: 500, maxFields: 5 },
        responses: { 200: v.any() },
      }),
      (req, res) => {
        onRequest(req as never);
        res.json(req.body);
      },
    ),
  );

const invalid = (pointer: string, detail: string) =>
  problem(422, "Unprocessable Entity", {
    detail: "Some fields are not valid.",
    errors: [{ pointer, detail }],
  });

afterEach(untilNothingIsStored);

describe("a form with a file", () => {
  const seen: { content: string; mode: number }[] = [];
  let server: FormServer;
  beforeAll(async () => {
    server = await serve(photo, ({ body }) => {
      const { path } = (body as v.InferOutput<typeof photo>).image;
      seen.push({ content: readFileSync(path, "latin1"), mode: statSync(path).mode & 0o777 });
    });
  });
  const title = part("title", "Anchor");
  const image = part("image", PNG, "a.png");

  it("reaches the handler with the file stored, and is removed after the response", async () => {
    const form = new FormData();
    form.set("title", "Änker ⚓");
    form.set("image", new Blob([PNG], { type: "image/jpeg" }), "Bild ä.png");
    expect(await server.post(form)).toEqual({
      status: 200,
      body: {
        title: "Änker ⚓",
        image: { name: "Bild ä.png", type: "image/png", bytes: PNG.length },
      },
    });
    expect(seen.pop()).toEqual({ content: PNG.toString("latin1"), mode: 0o600 });
  });

  it("may have its parts in any order, and arrive byte by byte", async () => {
    const client = await server.connect();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(formRequest(image, title, END), "latin1"))
      client.socket.write(Buffer.from([byte]));
    await client.until(/^HTTP\/1.1 200[^]*\}$/);
    expect(seen.pop()?.content).toBe(PNG.toString("latin1"));
  });

  it.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\\\Users\\\\ada\\\\a.png", "a.png"],
    ["..", ""],
    ["a\0b\x7f.png", "ab.png"],
    [`${"x".repeat(300)}.png`, `${"x".repeat(251)}.png`],
    ["%2e%2e%2fa.png", "%2e%2e%2fa.png"],
  ])("has the name %j only as data: %j", async (sent, name) => {
    const { status, body } = await server.send(formRequest(title, part("image", PNG, sent), END));
    expect([status, body]).toMatchObject([200, { image: { name } }]);
  });

  it.each<[string, string[], string, string]>([
    ["no file", [title], "/image", "is required"],
    ["none chosen by a browser's user", [title, part("image", "", "")], "/image", "is required"],
    ["text instead", [title, part("image", "x")], "/image", "must be a file"],
    ["two files", [title, image, image], "/image", "must have at most 1 file"],
    ["a file for a text", [part("title", PNG, "a"), image], "/title", "must not be a file"],
    ["a file of no field", [title, image, part("more", PNG, "a")], "/more", "must not be a file"],
    ["a field too many", [title, image, part("more", "x")], "/more", "is not a known field"],
    [
      "another type under a right name",
      [title, part("image", "%PDF-1.7 is no image", "a.png")],
      "/image",
      "must be a file of type image/png or image/jpeg",
    ],
    [
      "an empty file",
      [title, part("image", "", "a.png")],
      "/image",
      "must be a file of type image/png or image/jpeg",
    ],
  ])("gets 422 with %s", async (_name, parts, pointer, detail) => {
    expect(await server.send(formRequest(...parts, END))).toEqual({
      status: 422,
      body: invalid(pointer, detail),
    });
  });

  const wrong = (status: number, title: string, detail: string) => ({
    status,
    body: problem(status, title, { detail }),
  });
  const bad = (detail: string) => wrong(400, "Bad Request", detail);
  const MALFORMED = bad("The body must be a valid multipart form.");

  it.each([
    ["is cut off in a file", formRequest(title, part("image", PNG, "a").slice(0, -20)), MALFORMED],
    ["is cut off in a field", formRequest(image, title.slice(0, -4)), MALFORMED],
    ["has no end", formRequest(title, image), MALFORMED],
    ["is empty", formRequest(), MALFORMED],
    [
      "has no boundary",
      formRequest(title, END).replace("; boundary=b", ""),
      bad("The form's Content-Type has no boundary."),
    ],
    [
      "has a part without a name",
      formRequest(title, image.replace(' name="image";', ""), END),
      bad("A part of the form has no name."),
    ],
    [
      "is compressed",
      formHead("Content-Length: 1", "Content-Encoding: gzip") + "x",
      wrong(415, "Unsupported Media Type", "A form with files cannot have a Content-Encoding."),
    ],
    [
      "is of another type",
      formRequest(title, END).replace("multipart/form-data; boundary=b", "text/plain"),
      wrong(
        415,
        "Unsupported Media Type",
        "The body must be a form with files: send Content-Type: multipart/form-data.",
      ),
    ],
    [
      "has more fields than are accepted",
      formRequest(...Array<string>(6).fill(title), END),
      wrong(413, "Payload Too Large", "The form has more than 5 fields."),
    ],
    [
      "has a larger field than is accepted",
      formRequest(part("title", "x".repeat(501)), END),
      wrong(413, "Payload Too Large", "The form's fields are larger than this service accepts."),
    ],
    [
      "has fields that are too large together",
      formRequest(part("title", "x".repeat(300)), part("a", "x".repeat(300)), END),
      wrong(413, "Payload Too Large", "The form's fields are larger than this service accepts."),
    ],
  ])("gets an error if it %s", async (_name, request, response) => {
    expect(await server.send(request)).toEqual(response);
  });

  const TOO_LARGE = problem(413, "Payload Too Large", {
    detail: "A file is too large.",
    errors: [{ pointer: "/image", detail: `must have at most ${MAX_BYTES} bytes` }],
  });

  it("gets 413 for a file that is too large", async () => {
    const large = Buffer.concat([JPEG, Buffer.alloc(MAX_BYTES - JPEG.length + 1)]);
    expect(await server.send(formRequest(title, part("image", large, "a"), END))).toEqual({
      status: 413,
      body: TOO_LARGE,
    });
    const largest = part("image", large.subarray(1, 0), "a");
    expect((await server.send(formRequest(title, largest, END))).status).toBe(422);
  });

  it("gets 413 before 10 GB are sent", async () => {
    const { status, body } = await server.send(formHead("Content-Length: 10000000000"));
    const detail = "The body is larger than this service accepts.";
    expect([status, body]).toEqual([413, problem(413, "Payload Too Large", { detail })]);
  });

  it.each([
    // Less than the limit of the whole body: which limit is met first depends on how much arrives at once.
    ["a file", part("image", PNG, "a").slice(0, -2), MAX_BYTES, TOO_LARGE],
    [
      "what is between the parts",
      "preamble",
      1_000_000,
      problem(413, "Payload Too Large", {
        detail: "The body is larger than this service accepts.",
      }),
    ],
  ])(
    "is cut at the limit if its length is not announced: %s",
    async (_name, begin, more, expected) => {
      const client = await server.connect();
      const chunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n`;
      const head = formHead("Transfer-Encoding: chunked");
      // Without the end of the form.
      client.socket.write(head + chunk(begin) + chunk("x".repeat(more)), "latin1");
      const received = await client.until(/^HTTP[^]*\}$/);
      expect(JSON.parse(received.split("\r\n\r\n")[1] as string)).toEqual(expected);
    },
  );

  it("is removed when the client leaves half-way", async () => {
    const client = await server.connect();
    client.socket.write(formHead("Content-Length: 9999") + image.slice(0, -2), "latin1");
    client.socket.write(Buffer.alloc(5000));
    await until(
      () => storedFiles().length > 0,
      () => "nothing is stored",
    );
    client.socket.destroy();
    await untilNothingIsStored();
    await server.untilAborted();
    expect(server.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("is discarded after a refusal, and its connection used again", async () => {
    const client = await server.connect();
    client.socket.write(formRequest(title, part("more", PNG, "a"), image, END), "latin1");
    await client.until(/^HTTP\/1.1 422[^]*\}$/);
    client.socket.write(formRequest(title, image, END), "latin1");
    await client.until(/\}HTTP\/1.1 200[^]*\}$/);
  });
});

describe("a form with several files", () => {
  let server: FormServer;
  beforeAll(async () => (server = await serve(album)));
  const shown = (name: string) => ({ name, type: "image/png", bytes: PNG.length });
  const images = ["a", "b", "c", "d"].map((name) => part("images", PNG, name));

  it.each([0, 1, 3])("takes %i", async (count) => {
    expect(await server.send(formRequest(...images.slice(0, count), END))).toEqual({
      status: 200,
      body: { images: ["a", "b", "c"].slice(0, count).map(shown) },
    });
  });

  it("takes no more than it describes", async () => {
    expect(await server.send(formRequest(...images, END))).toEqual({
      status: 422,
      body: invalid("/images", "must have at most 3 files"),
    });
  });

  it("leaves out what a browser's user has not chosen", async () => {
    const parts = [part("cover", "", ""), part("images", "", ""), part("note", "x")];
    expect(await server.send(formRequest(...parts, END))).toEqual({
      status: 200,
      body: { images: [], note: "x" },
    });
  });

  it("has a list also of one file, and none of an optional field", async () => {
    const { body } = await server.send(formRequest(part("pages", PNG, "a"), END));
    expect(body).toEqual({ images: [], pages: [shown("a")] });
  });

  it("takes any file where no types are described", async () => {
    const { body } = await server.send(formRequest(part("images", "\0\xff", "a"), END));
    expect(body).toEqual({ images: [{ name: "a", type: "application/octet-stream", bytes: 2 }] });
  });
});

describe("a request whose upload cannot be kept", () => {
  it("gets 500 when its handler fails, and is removed", async () => {
    const server = await serve(photo, () => {
      throw new Error("failed");
    });
    const form = formRequest(part("title", "x"), part("image", PNG, "a"), END);
    expect((await server.send(form)).status).toBe(500);
  });

  // Every write to this device fails as on a full disk.
  const FULL = "/dev/full";
  (existsSync(FULL) ? it : it.skip)(
    "gets 507 when the disk is full, and the log says so",
    async () => {
      const server = await serveForms((router) =>
        router.post("/", async (req) => {
          await readMultipart(req, {
            fileFields: fileFieldsOf(photo.entries),
            limitBytes: 100,
            folder: uploadFolder(),
            createFile: () => createWriteStream(FULL),
          });
        }),
      );
      expect(await server.send(formRequest(part("image", PNG, "a"), END))).toEqual({
        status: 507,
        body: problem(507, "Insufficient Storage", {
          detail: "The service has no space left to store the upload.",
        }),
      });
      expect(server.log).toContainEqual(
        expect.objectContaining({
          level: "error",
          msg: "request failed",
          err: expect.objectContaining({
            message: expect.stringMatching(/no space left to store.*ENOSPC/) as string,
          }) as object,
        }),
      );
    },
  );

  it("gets 500 when the folder does not exist, and the log names it", async () => {
    const server = await serveForms((router) =>
      router.post(
        "/",
        describeRoute({
          summary: "Takes a form.",
          form: photo,
          formOptions: { folder: "/does not exist" },
          responses: { 200: v.any() },
        }),
        () => undefined,
      ),
    );
    expect((await server.send(formRequest(part("image", PNG, "a"), END))).status).toBe(500);
    expect(JSON.stringify(server.log)).toContain("no such file or directory, mkdtemp '/does not");
  });

  it("is cut off when it takes longer than a request may", async () => {
    const server = await serveForms(
      (router) =>
        router.post(
          "/",
          describeRoute({
            summary: "Takes a form.",
            form: photo,
            formOptions: { folder: uploadFolder() },
            responses: { 200: v.any() },
          }),
          () => undefined,
        ),
      (app) => createHttpServer(app, { requestTimeoutMs: 100, keepAliveTimeoutMs: 5000 }),
    );
    const client = await server.connect();
    client.socket.write(formHead("Content-Length: 999") + part("image", PNG, "a"), "latin1");
    const drip = setInterval(() => client.socket.write("x"), 20);
    expect(await client.closed.finally(() => clearInterval(drip))).toBeDefined();
    // A reset may overtake the response, as the client is still sending.
    expect(client.received()).toMatch(/^(HTTP\/1\.1 4|$)/);
  });
});
