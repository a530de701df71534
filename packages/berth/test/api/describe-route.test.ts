import type { RequestHandler, Response, Router } from "express";
import request from "supertest";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { setResponseChecks } from "../../src/api/response-checks";
import { arrayOf, dateTime, id, object, text } from "../../src/schema/fields";
import { file, streamedFile } from "../../src/schema/file";
import { queryInteger } from "../../src/schema/query-fields";
import { createTestApp, type LogLine, problem } from "../../src/testing/app";

const shipInput = object({ name: text(1, 10) });
const ship = object({ id, ...shipInput.entries, builtAt: v.optional(dateTime) });
const responses = { 200: ship, 202: { mediaType: "text/csv" }, 204: null };

function serve(define: (router: Router) => void, areMismatchesRefused = true) {
  const { app, log } = createTestApp(define);
  const logger = { warn: (line: object, msg: string) => void log.push({ ...line, msg }) };
  setResponseChecks(app, { areMismatchesRefused, logger: logger as never });
  return { app, log };
}

/** Responds with what the handler receives. */
const echo: RequestHandler = ({ params, query, body }, res) => {
  res.json({ params, query, body: body as unknown });
};

describe("a described route", () => {
  const { app } = serve((router) => {
    const input = {
      summary: "Takes all that there is.",
      params: object({ id }),
      query: object({ limit: v.optional(queryInteger(1, 9), "5") }),
      body: shipInput,
      responses: { 200: v.any() },
    };
    router.put("/ships/:id", describeRoute(input), echo as never);
    router.get(
      "/plain",
      describeRoute({ summary: "Takes anything.", responses: { 200: v.any() } }),
      echo,
    );
  });

  it("passes the schemas' output to its handler", async () => {
    const res = await request(app).put("/ships/7?limit=3").send({ name: "Ann" });
    expect(res.body).toEqual({ params: { id: "7" }, query: { limit: 3 }, body: { name: "Ann" } });
    const fewer = await request(app).put("/ships/7").send({ name: "Ann" });
    expect(fewer.body).toMatchObject({ query: { limit: 5 } });
  });

  it("leaves what it does not describe unchanged", async () => {
    const res = await request(app).get("/plain?a=1");
    expect(res.body).toEqual({ params: {}, query: { a: "1" } });
  });

  it.each([
    ["/ships/x", { name: "Ann" }, 404, "There is nothing at this path."],
    ["/ships/7?limit=0", { name: "Ann" }, 400, "Some query parameters are not valid."],
    ["/ships/7", { name: "" }, 422, "Some fields are not valid."],
  ])("refuses %s with %j", async (path, body, status, detail) => {
    const res = await request(app).put(path).send(body);
    expect([res.status, res.body]).toMatchObject([status, { detail }]);
  });

  it("reads no body if middleware before it refuses the request", async () => {
    const refuse: RequestHandler = (_req, res) => void res.status(401).end();
    const { app } = serve((router) => {
      router.post(
        "/x",
        refuse,
        describeRoute({ summary: "Is not reached.", body: shipInput, responses }),
        echo as never,
      );
    });
    expect((await request(app).post("/x").type("json").send("{")).status).toBe(401);
  });
});

describe("the types of a described route", () => {
  it("reject unknown members of a description", () => {
    // @ts-expect-error: the member is called bodyOptions.
    describeRoute({ summary: "Is compiled.", responses, bodyOption: { limitBytes: 5 } });
  });

  it("are those of its schemas", () => {
    const { app } = serve((router) => {
      router.put(
        "/ships/:id",
        (_req, _res, next) => next(),
        describeRoute({
          summary: "Is compiled.",
          params: object({ id }),
          body: shipInput,
          query: object({ limit: queryInteger(1, 9) }),
          responses,
        }),
        (req, res) => {
          const [name, limit, id]: [string, number, string] = [
            req.body.name,
            req.query.limit,
            req.params.id,
          ];
          // @ts-expect-error: the body has no such field.
          void req.body.mast;
          // @ts-expect-error: the path has no such parameter.
          void req.params.name;
          // @ts-expect-error: a name is missing.
          res.json({ id });
          res.json({ id, name: name.repeat(limit) });
        },
      );
    });
    expect(app).toBeDefined();
  });

  it("are those of its form, with its files", () => {
    const { app } = serve((router) => {
      router.post(
        "/photos",
        describeRoute({
          summary: "Is compiled.",
          form: object({
            title: text(1, 10),
            image: v.optional(file({ maxBytes: 9 })),
            pages: arrayOf(file({ maxBytes: 9 }), 0, 3),
            scan: streamedFile({ maxBytes: 9 }),
          }),
          responses: { 200: v.string() },
        }),
        (req, res) => {
          const { title, image, pages, scan } = req.body;
          const paths: (string | undefined)[] = [title, image?.path, pages[0]?.path];
          // @ts-expect-error: a file that is streamed is at no path.
          void scan.path;
          scan.stream.resume();
          res.json(paths.join());
        },
      );
    });
    expect(app).toBeDefined();
  });

  it("allow text or bytes if the response is not JSON", () => {
    serve((router) => {
      const csv = { 200: { mediaType: "text/csv" } };
      router.get("/a", describeRoute({ summary: "Is compiled.", responses: csv }), (_req, res) => {
        res.type("csv").send("1,Ann");
        // @ts-expect-error: an object would be sent as JSON.
        res.send({ id: "1" });
      });
    });
  });
});

describe("a response", () => {
  const handlers: [string, RequestHandler, { pointer: string; detail: string } | undefined][] = [
    [
      "that matches its description",
      (_req, res) => void res.json({ id: "1", name: "Ann" }),
      undefined,
    ],
    [
      "whose date becomes a string",
      (_req, res) => void res.json({ id: "1", name: "Ann", builtAt: new Date(0) }),
      undefined,
    ],
    ["without its body, as described", (_req, res) => void res.status(204).end(), undefined],
    [
      "that is a problem sent by the handler",
      (_req, res) => void res.status(409).json({ title: "No" }),
      undefined,
    ],
    [
      "of another type, which is not checked",
      (_req, res) => void res.type("csv").end("1,Ann"),
      undefined,
    ],
    [
      "of the described media type",
      (_req, res) => void res.status(202).type("text/csv").json("1,Ann"),
      undefined,
    ],
    [
      "of JSON when another media type is described",
      (_req, res) => void res.status(202).json("1,Ann"),
      { pointer: "", detail: "must be text/csv" },
    ],
    [
      "without a body when a media type is described",
      (_req, res) => void res.status(202).end(),
      { pointer: "", detail: "must be text/csv" },
    ],
    [
      "with a missing field",
      (_req, res) => void res.json({ id: "1" }),
      { pointer: "/name", detail: "is required" },
    ],
    [
      "with an unknown field",
      (_req, res) => void res.json({ id: "1", name: "Ann", password: "s3cret" }),
      { pointer: "/password", detail: "is not a known field" },
    ],
    [
      "with another status",
      (_req, res) => void res.status(201).json({ id: "1", name: "Ann" }),
      { pointer: "", detail: "has the status 201, which is not described" },
    ],
    [
      "without the described body",
      (_req, res) => void res.end(),
      { pointer: "", detail: "is required" },
    ],
    [
      "with a body when none is described",
      (_req, res) => void res.status(204).json({}),
      { pointer: "", detail: "must have no body" },
    ],
  ];

  it.each(handlers)("%s", async (_name, handler, fault) => {
    const define = (router: Router) =>
      void router.get(
        "/x",
        describeRoute({ summary: "Responds.", responses }) as RequestHandler,
        handler,
      );
    const strict = serve(define);
    const lax = serve(define, false);
    const refused = await request(strict.app).get("/x");
    const [first] = [await request(lax.app).get("/x"), await request(lax.app).get("/x")];
    if (fault) {
      const detail = "The response does not match its route's description.";
      expect(JSON.parse(refused.text)).toEqual(
        problem(500, "Internal Server Error", { detail, errors: [fault] }),
      );
      expect(warnings(lax.log)).toEqual([
        expect.objectContaining({ route: "/x", errors: [fault] }),
      ]);
    } else {
      expect(refused.status).toBe(first.status);
      expect(warnings(lax.log)).toEqual([]);
    }
    expect(first.status).toBeLessThan(500);
  });

  const warnings = (log: LogLine[]) =>
    log.filter(({ msg }) => msg === "The response does not match its route's description.");

  it("is checked once a second and logged once if mismatches are not refused", async () => {
    const now = jest.spyOn(performance, "now");
    try {
      let sent: object = { id: "1", name: "Ann" };
      const { app, log } = serve((router) => {
        router.get(
          "/x",
          describeRoute({ summary: "Responds.", responses }) as RequestHandler,
          (_req, res) => void res.json(sent),
        );
      }, false);
      now.mockReturnValue(10_000);
      await request(app).get("/x");
      sent = { id: 1 };
      now.mockReturnValue(10_999);
      await request(app).get("/x");
      expect(warnings(log)).toEqual([]);
      for (const time of [11_000, 12_000]) {
        now.mockReturnValue(time);
        expect((await request(app).get("/x")).body).toEqual({ id: 1 });
      }
      expect(warnings(log)).toHaveLength(1);
    } finally {
      now.mockRestore();
    }
  });

  it("is refused in a callback, where a thrown error would not be caught", async () => {
    const { app } = serve((router) => {
      const later = (send: (res: Response) => void) =>
        ((_req, res) => void setImmediate(send, res)) as RequestHandler;
      const route = describeRoute({ summary: "Responds.", responses }) as RequestHandler;
      router.get(
        "/json",
        route,
        later((res) => res.json({ id: 1 })),
      );
      router.get(
        "/end",
        route,
        later((res) => res.end()),
      );
    });
    for (const path of ["/json", "/end"]) {
      const res = await request(app).get(path);
      expect([res.status, res.body]).toMatchObject([
        500,
        { detail: "The response does not match its route's description." },
      ]);
    }
  });

  it("is sent, and the error logged, when the schema's own check throws", async () => {
    const broken = v.pipe(
      v.any(),
      v.check((value: { a: { b: number } }) => value.a.b > 1),
    );
    const { app, log } = serve((router) => {
      router.get(
        "/x",
        describeRoute({ summary: "Responds.", responses: { 200: broken } }) as RequestHandler,
        (_req, res) => void res.json({}),
      );
    }, false);
    expect((await request(app).get("/x")).status).toBe(200);
    expect(warnings(log)).toEqual([
      expect.objectContaining({ err: expect.any(TypeError) as object }),
    ]);
  });
});

describe("a response with described headers, or several bodies", () => {
  const described = {
    200: [
      shipInput,
      { mediaType: "text/csv" },
      { mediaType: "application/geo+json", schema: ship },
    ],
    201: {
      body: shipInput,
      headers: { Location: text(1, 80), ETag: text(1, 80), Link: "The next page." },
    },
    204: { body: null, headers: { "X-Count": v.optional(queryInteger(1, 9)) } },
    302: { body: null, headers: { Location: text(1, 80) } },
  } as const;
  const send = async (respond: (res: Response) => unknown, areRefused = true) => {
    const { app, log } = serve((router) => {
      router.get(
        "/",
        describeRoute({ summary: "Responds.", responses: described }) as RequestHandler,
        (_req, res) => void respond(res),
      );
    }, areRefused);
    const res = await request(app).get("/");
    return {
      status: res.status,
      body: (res.text && res.type.endsWith("json") ? JSON.parse(res.text) : res.text) as {
        errors?: unknown;
      },
      log,
    };
  };

  it.each<[string, number, (res: Response) => unknown]>([
    ["the JSON", 200, (res) => res.json({ name: "Ann" })],
    ["the text", 200, (res) => res.type("text/csv").send("Ann")],
    [
      "another kind of JSON",
      200,
      (res) => res.type("application/geo+json").json({ id: "1", name: "Ann" }),
    ],
    ["the header", 201, (res) => res.status(201).location("./1").json({ name: "Ann" })],
    ["no optional header", 204, (res) => res.status(204).end()],
    ["the header of a redirect", 302, (res) => res.redirect("./1")],
  ])("is sent with %s", async (_name, status, respond) => {
    expect((await send(respond)).status).toBe(status);
  });

  it.each<[string, object, (res: Response) => unknown]>([
    [
      "no header",
      { header: "Location", detail: "is required" },
      (res) => res.status(201).json({ name: "Ann" }),
    ],
    [
      "a wrong header",
      { header: "X-Count", detail: "must be a whole number from 1 to 9" },
      (res) => res.status(204).set("X-Count", "0").end(),
    ],
    [
      "no header beside text",
      { header: "Location", detail: "is required" },
      (res) => res.status(302).type("text").send("there"),
    ],
    [
      "wrong JSON of another kind",
      { pointer: "/id", detail: "is required" },
      (res) => res.type("application/geo+json").json({ name: "Ann" }),
    ],
    [
      "another type",
      { pointer: "", detail: "must be application/json or text/csv or application/geo+json" },
      (res) => res.type("application/x").json({ name: "Ann" }),
    ],
  ])("is refused with %s", async (_name, error, respond) => {
    const { status, body } = await send(respond);
    expect([status, body.errors]).toEqual([500, [error]]);
  });

  it("is logged with a missing header where mismatches are not refused", async () => {
    const { status, log } = await send((res) => res.status(201).json({ name: "Ann" }), false);
    expect(status).toBe(201);
    expect(log).toContainEqual(
      expect.objectContaining({ errors: [{ header: "Location", detail: "is required" }] }),
    );
  });

  it("types what the handler sends", () => {
    serve((router) => {
      router.get("/", describeRoute({ summary: "x", responses: described }), (_req, res) => {
        res.json({ name: "Ann" });
        res.send("1,Ann");
        // @ts-expect-error: no body has such a field.
        res.json({ mast: 1 });
      });
    });
  });
});
