import type { RequestHandler, Router } from "express";
import * as v from "valibot";
import { describeRoute } from "berth/api";
import {
  arrayOf,
  describes,
  eventStream,
  file,
  id,
  integer,
  object,
  queryInteger,
  type RouteDescription,
  text,
} from "berth/schema";
import { Problem } from "berth/http";
import { foundIn, fuzzRoutes, RUNS } from "../fuzz/throwaway";

const ship = object({ name: text(1, 20), crew: integer(0, 1000) });
const input = { summary: "Makes a ship.", body: ship, responses: { 201: ship } };
type Ship = v.InferOutput<typeof ship>;

/** A route with the description `input`, except for these changes. */
const post =
  (handler: RequestHandler, description: Partial<RouteDescription> = {}) =>
  (router: Router): void => {
    const described: RequestHandler = describeRoute({ ...input, ...description }) as RequestHandler;
    router.post("/ships", described, handler);
  };

/** Describes a route without validating anything. */
const say = (description: object = {}): RequestHandler =>
  describes((_req, _res, next) => next(), { ...input, ...description });

const create: RequestHandler = (req, res) => void res.status(201).json(req.body);
/** Responds as described, unless the ship is like this. */
const createUnless =
  (isLike: (of: Ship) => boolean, otherwise: RequestHandler): RequestHandler =>
  (req, res, next) =>
    isLike(req.body as Ship) ? otherwise(req, res, next) : create(req, res, next);
const isCrowded = ({ crew }: Ship) => crew >= 500;

const sentShip = (crew: number) => ({
  method: "POST",
  target: "/ships",
  headers: { "Content-Type": "application/json" },
  body: expect.stringMatching(`^\\{"name":".{1,6}","crew":${crew}\\}$`) as string,
});

describe("a route that is as described", () => {
  it("is tried as often as requested, in every way, without a finding", async () => {
    const [tried] = await fuzzRoutes(post(create));
    expect(tried).toMatchObject({ operation: "POST /ships", valid: RUNS, findings: [], notes: [] });
    expect(tried!.invalid).toBeGreaterThanOrEqual(RUNS);
    expect([...tried!.statuses.keys()].sort()).toEqual([201, 400, 415, 422]);
  });

  it("may reject valid input with a described reason", async () => {
    const refuse = (status: number) =>
      createUnless(isCrowded, () => {
        throw new Problem(status, "There is no such harbour.");
      });
    const problems = { 422: "There is no such harbour." };
    expect(foundIn(await fuzzRoutes(post(refuse(422), { problems })))).toEqual([]);
    expect(foundIn(await fuzzRoutes(post(refuse(409))))).toEqual([]);
    expect(foundIn(await fuzzRoutes(post(refuse(422))))).toMatchObject([
      {
        mismatch: expect.stringContaining("valid input is rejected") as string,
        sent: sentShip(500),
      },
    ]);
  });

  it("may depend on an unavailable service with a described status", async () => {
    const call: RequestHandler = () => {
      throw new Problem(503, "The harbour is away.");
    };
    const problems = { 503: "The harbour is away." };
    const [tried] = await fuzzRoutes(post(call, { problems }));
    expect(tried).toMatchObject({
      findings: [],
      notes: ["no input succeeded: only its validation was tried"],
    });
    expect(foundIn(await fuzzRoutes(post(call)))).toMatchObject([
      { mismatch: expect.stringContaining("a 503 that is not described") as string },
    ]);
  });

  it("may respond with a media type without a schema", async () => {
    const responses = { 201: { mediaType: "application/octet-stream" } };
    const dump: RequestHandler = (_req, res) =>
      void res
        .status(201)
        .type("application/octet-stream")
        .send(Buffer.from([0, 255]));
    expect(foundIn(await fuzzRoutes(post(dump, { responses })))).toEqual([]);
    expect(foundIn(await fuzzRoutes(post(create, { responses })))).toMatchObject([
      { mismatch: "the content type is application/json, not application/octet-stream" },
    ]);
  });

  it("may be an event stream without described events", async () => {
    const stream =
      (type: string): RequestHandler =>
      (_req, res) =>
        res.status(201).type(type).flushHeaders();
    const responses = { 201: { mediaType: "text/event-stream" } };
    const [tried] = await fuzzRoutes(post(stream("text/event-stream"), { responses }));
    expect(tried).toMatchObject({ valid: RUNS, findings: [], notes: [] });
    expect(foundIn(await fuzzRoutes(post(stream("text/event-stream"))))).toMatchObject([
      { mismatch: "the content type is text/event-stream, not application/json" },
    ]);
  });

  it("may be a stream of described events", async () => {
    const responses = { 201: eventStream({ made: ship, sunk: object({ id }) }) };
    const stream =
      (...events: unknown[]): RequestHandler =>
      (_req, res) => {
        res.status(201).type("text/event-stream").write(":\n\nretry: 5\n\n");
        for (const [event, data] of events as [string, unknown][])
          res.write(`event: ${event}\nid: 1\ndata: ${JSON.stringify(data)}\n\n`);
      };
    const good: [string, unknown][] = [
      ["made", { name: "Ann", crew: 1 }],
      ["sunk", { id: "1" }],
    ];
    expect(foundIn(await fuzzRoutes(post(stream(...good), { responses })))).toEqual([]);
    const bad = stream(...good, ["sunk", { id: 1 }]);
    expect(foundIn(await fuzzRoutes(post(bad, { responses })))).toMatchObject([
      { mismatch: expect.stringMatching(/^the event sunk is not as described/) as string },
    ]);
  });

  it("may have described headers", async () => {
    const headers = { Location: text(1, 9), "X-Crew": v.optional(queryInteger(1, 9)), ETag: "x" };
    const responses = { 201: { body: ship, headers } };
    const send =
      (set: Record<string, string>): RequestHandler =>
      (req, res) =>
        void res.status(201).set(set).json(req.body);
    const found = async (set: Record<string, string>) =>
      foundIn(await fuzzRoutes(post(send(set), { responses }))).map(({ mismatch }) => mismatch);
    expect(await found({ Location: "./1", "X-Crew": "3" })).toEqual([]);
    expect(await found({})).toEqual(["the header Location is missing"]);
    expect(await found({ Location: "./1", "X-Crew": "0" })).toEqual([
      "the header X-Crew is not as described: must be >= 1",
    ]);
  });

  it.each([301, 302, 303, 307, 308])("may redirect by %i", async (status) => {
    const redirect: RequestHandler = (_req, res) => res.redirect(status, "/harbour");
    const responses = { [status]: null };
    expect(foundIn(await fuzzRoutes(post(redirect, { responses })))).toEqual([]);
  });

  it("may have a rate limit", async () => {
    let calls = 0;
    const limit: RequestHandler = (_req, _res, next) => {
      if (calls++ > 20) throw new Problem(429, "Too many.");
      next();
    };
    const tried = await fuzzRoutes((router) => void post(create)(router.use("/ships", limit)));
    expect(foundIn(tried)).toEqual([]);
    expect(tried[0]!.statuses.get(429)).toBeGreaterThan(0);
  });
});

describe("a broken route", () => {
  it.each<[what: string, mismatch: string | RegExp, handler: RequestHandler]>([
    [
      "throws",
      /^an error of the service/,
      () => {
        throw new Error("overboard");
      },
    ],
    [
      "leaves out a field",
      "the body is not as described: must have required property 'name'",
      ({ body }, res) => void res.status(201).json({ crew: (body as Ship).crew }),
    ],
    [
      "has an extra field",
      "the body is not as described: must NOT have additional properties: secret",
      ({ body }, res) => void res.status(201).json({ ...(body as Ship), secret: 1 }),
    ],
    [
      "responds with an undescribed status",
      "the status 202 is not described",
      ({ body }, res) => void res.status(202).json(body),
    ],
    [
      "responds with another media type",
      "the content type is text/html, not application/json",
      (_req, res) => void res.status(201).send("done"),
    ],
    [
      "responds with nothing",
      "the content type is missing, not application/json",
      (_req, res) => void res.status(201).end(),
    ],
    [
      "responds with an error in plain text",
      "the content type is text/plain, not application/problem+json",
      (_req, res) => void res.status(409).type("txt").send("no"),
    ],
    [
      "responds with an incomplete problem",
      /^the body is not as described: must have required property/,
      (_req, res) =>
        void res.status(409).type("application/problem+json").send('{"title":"Conflict"}'),
    ],
    [
      "rejects valid input",
      /^valid input is rejected/,
      () => {
        throw new Problem(400, "No.");
      },
    ],
    [
      "redirects without a Location",
      "there is a body, but none is described",
      (_req, res) => void res.status(303).send("See elsewhere."),
    ],
    ["breaks the connection", "socket hang up", (_req, res) => void res.destroy()],
  ])("that %s is reported with the smallest ship", async (_what, wrong, handler) => {
    const responses = { ...input.responses, 303: null };
    const tried = await fuzzRoutes(post(createUnless(isCrowded, handler), { responses }));
    expect(foundIn(tried)).toEqual([
      {
        operation: "POST /ships",
        violation: undefined,
        mismatch: typeof wrong === "string" ? wrong : (expect.stringMatching(wrong) as string),
        sent: sentShip(500),
      },
    ]);
  });

  it("that never responds is reported with the smallest ship", async () => {
    const found = foundIn(
      await fuzzRoutes(
        post(() => undefined),
        { timeoutMs: 500 },
      ),
    );
    expect(found).toMatchObject([{ mismatch: "no response within 500 ms", sent: sentShip(0) }]);
  });

  it("whose response never ends is reported, and not tried further", async () => {
    const begin: RequestHandler = (_req, res) => void res.status(201).type("json").write("{");
    const tried = await fuzzRoutes(post(begin), { timeoutMs: 100, only: "/ships" });
    expect(tried[0]!.notes).toContain(
      "not tried further, as each request would run into the timeout",
    );
    // On a busy machine not even its head arrives in time.
    expect(foundIn(tried)).toMatchObject([
      { operation: "POST /ships", mismatch: expect.stringContaining("within 100 ms") as string },
    ]);
  });

  it("that validates nothing is reported to accept invalid input", async () => {
    const responses = { 201: v.any() };
    const found = foundIn(
      await fuzzRoutes((router) => {
        router.post("/ships", say({ responses }), (_req, res) => void res.status(201).json({}));
        router.get(
          "/ships/:id",
          say({
            body: undefined,
            responses: { 200: v.any() },
            params: object({ id }),
            query: object({ limit: queryInteger(1, 9) }),
          }),
          (_req, res) => void res.json({}),
        );
      }),
    );
    expect(
      found.map(({ operation, violation, mismatch }) => [
        operation,
        violation?.split(" ")[1],
        mismatch,
      ]),
    ).toEqual([
      [
        "POST /ships",
        expect.stringMatching(/^body/),
        "invalid input is accepted: expected 400 or 422",
      ],
      ["POST /ships", "body", expect.stringMatching(/^invalid input is accepted: expected 4\d\d/)],
      ["GET /ships/{id}", "path's", "invalid input is accepted: expected 404"],
      ["GET /ships/{id}", "query's", "invalid input is accepted: expected 400"],
    ]);
  });

  it("is reported if only existing resources show the problem", async () => {
    const ids = new Set<string>();
    const found = foundIn(
      await fuzzRoutes((router) => {
        post(
          (_req, res) => {
            const made = String(1_000_000 + ids.size);
            ids.add(made);
            res.status(201).json({ id: made });
          },
          { responses: { 201: object({ id }) } },
        )(router);
        router.get(
          "/ships/:id",
          describeRoute({ summary: "Reads.", params: object({ id }), responses: { 200: ship } }),
          (req) => {
            throw ids.has(req.params.id) ? new Error("overboard") : new Problem(404, "None.");
          },
        );
      }),
    );
    expect(found).toMatchObject([
      {
        operation: "GET /ships/{id}",
        sent: { target: expect.stringMatching(/^\/ships\/1000\d\d\d$/) as string },
      },
    ]);
  });

  it("is reported if it accepts an unknown method", async () => {
    const tried = await fuzzRoutes((router) => {
      post(create)(router);
      router.all("/ships", (_req, res) => void res.json({}));
    });
    expect(foundIn(tried)).toMatchObject([
      {
        operation: "MKCOL /ships",
        mismatch: "MKCOL is neither described nor in Allow, but succeeds",
      },
    ]);
  });

  it("is reported with the same input for the same seed", async () => {
    const lookAt = (seed: number) =>
      fuzzRoutes(
        post(
          createUnless(
            ({ name }) => name.length > 3,
            () => {
              throw new Error("overboard");
            },
          ),
        ),
        { seed },
      );
    expect(foundIn(await lookAt(7))).toEqual(foundIn(await lookAt(7)));
  });
});

describe("a route that needs a token", () => {
  const needs = (isChecked: boolean) =>
    describes(
      (req, res, next) => {
        if (!isChecked || req.get("Authorization") === "Bearer ships:write") next();
        else
          res
            .status(401)
            .type("application/problem+json")
            .send({ ...PROBLEM, requestId: "1" });
      },
      {
        security: {
          name: "bearer",
          scheme: { type: "http", scheme: "bearer" },
          scopes: ["ships:write"],
        },
      },
    );
  const PROBLEM = { type: "about:blank", title: "Unauthorized", status: 401 };
  const guarded = (isChecked: boolean) => (router: Router) =>
    void post(create)(router.use("/ships", needs(isChecked)));
  const token = (scopes: readonly string[]) => Promise.resolve(scopes.join(" "));

  it("gets one with its scopes, and rejects requests without one", async () => {
    const [tried] = await fuzzRoutes(guarded(true), { token });
    expect(tried).toMatchObject({ valid: RUNS, findings: [], notes: [] });
    expect([...tried!.statuses.keys()]).toEqual(expect.arrayContaining([201, 401, 422]));
  });

  it("is tried without one if none is available", async () => {
    const [tried] = await fuzzRoutes(guarded(true));
    expect([...tried!.statuses.keys()]).toEqual([401]);
    expect(tried!.notes).toEqual([expect.stringMatching(/^tried only without/)]);
  });

  it("is reported if it does not check the token", async () => {
    expect(foundIn(await fuzzRoutes(guarded(false), { token }))).toMatchObject([
      {
        violation: "the token is missing or invalid",
        mismatch: "invalid input is accepted: expected 401 or 403",
      },
    ]);
  });
});

describe("a route with a form", () => {
  const photo = object({
    title: text(1, 20),
    pages: v.optional(queryInteger(1, 9)),
    image: file({ maxBytes: 5000, types: ["image/png", "application/pdf"] }),
    more: v.optional(arrayOf(file({ maxBytes: 3000 }), 0, 2)),
  });
  const upload =
    (describing: RequestHandler, handler: RequestHandler) =>
    (router: Router): void =>
      void router.post("/photos", describing, handler);
  const description = { summary: "Adds a photo.", form: photo, responses: { 204: null } };
  const done: RequestHandler = (_req, res) => void res.status(204).end();

  it("is tried in every way, without a finding", async () => {
    const seen = new Set<string>();
    const note: RequestHandler = (req, res) => {
      const { image, more } = req.body as v.InferOutput<typeof photo>;
      seen.add(image.type).add(`${more?.length ?? "no"} more`);
      done(req, res, () => undefined);
    };
    const [tried] = await fuzzRoutes(upload(describeRoute(description) as RequestHandler, note));
    expect(tried).toMatchObject({ findings: [], notes: [] });
    expect([...tried!.statuses.keys()]).toEqual(expect.arrayContaining([204, 400, 415, 422]));
    expect([...seen]).toEqual(expect.arrayContaining(["image/png", "application/pdf", "no more"]));
  });

  it.each([
    [400, "invalid input is accepted"],
    [500, "an error of the service"],
  ])("is found not to check it: %#", async (status, mismatch) => {
    const careless: RequestHandler = (req, res, next) => {
      req.resume().on("end", () => {
        if (status === 500) next(new Error("overboard"));
        else done(req, res, next);
      });
    };
    const found = foundIn(
      await fuzzRoutes(
        upload(
          describes((_q, _s, next) => next(), description),
          careless,
        ),
      ),
    );
    expect(found.map((one) => one.mismatch).join()).toContain(mismatch);
  });
});
