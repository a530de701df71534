import { AsyncResource } from "node:async_hooks";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Response, Router } from "express";
import request from "supertest";
import { createDatabase } from "../../src/postgres/database";
import { refusals } from "../../src/http/refusals";
import { log } from "../../src/process/log";
import { createLogger } from "../../src/process/logger";
import { setProcessLogger } from "../../src/process/work-context";
import { createTestApp, createTestLogger, type LogLine } from "../../src/testing/app";
import { connectRaw, get } from "../../src/testing/raw-client";
import { startFakePostgres } from "../support/fake-postgres";
import { startHttpService } from "../support/http-service";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** The lines other than the access log's, without the fields that every line has. */
const said = (lines: LogLine[]) =>
  lines
    .filter(({ msg }) => msg !== "request")
    .map(({ level: _level, time: _time, err: _err, ...rest }) => rest);

describe("log in a request", () => {
  it("adds request, trace and route, wherever it is used", async () => {
    const store = { find: () => nextTurn().then(() => log.info({ rows: 1 }, "found")) };
    let late: () => void = () => undefined;
    const isLate = new Promise<void>((resolve) => (late = resolve));
    const { app, log: lines } = createTestApp(
      (router) => {
        const notes = Router();
        router.use("/shops/:shop/notes", notes);
        notes.get("/:id", async (_req, res) => {
          await store.find();
          res.json({});
          setTimeout(() => {
            log.info("after the response");
            late();
          }, 1);
        });
      },
      {
        middleware: [
          (_req, _res, next) => {
            log.info("not routed yet");
            next();
          },
        ],
      },
    );
    await request(app)
      .get("/shops/1/notes/7")
      .set("X-Request-Id", "r1")
      .set("traceparent", `00-${TRACE}-00f067aa0ba902b7-01`);
    await isLate;
    const of = { requestId: "r1", traceId: TRACE };
    const route = "/shops/:shop/notes/:id";
    expect(said(lines)).toEqual([
      { ...of, msg: "not routed yet" },
      { ...of, route, rows: 1, msg: "found" },
      { ...of, route, msg: "after the response" },
    ]);
    expect(lines.find(({ msg }) => msg === "request")).toMatchObject({ ...of, route });
  });

  it("adds them once to Berth's own lines", async () => {
    const text: string[] = [];
    const logger = createLogger("info", { write: (line: string) => void text.push(line) });
    const { app } = createTestApp(
      (router) => {
        const failing = Router();
        failing.get("/:id", () => {
          throw new Error("broken");
        });
        router.use("/things", failing);
      },
      {
        logger,
        attached: {
          database: { check: () => Promise.reject(new Error("down")), isRequired: true },
        },
      },
    );
    await request(app).get("/things/1").set("X-Request-Id", "r1");
    await request(app).get("/readyz").set("X-Request-Id", "r2");
    const [failed, , check] = text;
    expect(text.map((line) => line.match(/"requestId":/g)?.length)).toEqual([1, 1, 1, 1]);
    expect(JSON.parse(failed as string)).toMatchObject({
      requestId: "r1",
      route: "/things/:id",
      msg: "request failed",
    });
    expect(JSON.parse(check as string)).toMatchObject({
      requestId: "r2",
      route: "/readyz",
      check: "database",
      err: { message: "down" },
      msg: "a readiness check failed",
    });
  });

  it.each([
    ["a route at the root", "/", "/"],
    ["a router's root", "/orders", "/orders"],
    ["a pattern", "/orders/7/lines/1", "/orders/:id/lines/:line"],
    ["a router at the root", "/plain", "/plain"],
    ["a regular expression", "/reg7", "/^\\/reg\\d$/"],
    ["several paths", "/b", "/a,/b"],
    ["a router in two places", "/second/both", "/second/both"],
    ["nothing", "/absent", undefined],
  ])("adds the route of %s", async (_what, path, route) => {
    const { app, log: lines } = createTestApp((router) => {
      const respond = (_req: unknown, res: Response) => void res.json({});
      const orders = Router().get("/", respond).get("/:id/lines/:line", respond);
      router
        .get("/", respond)
        .get(/^\/reg\d$/, respond)
        .get(["/a", "/b"], respond);
      router.use("/orders", orders);
      router.use("/", Router().get("/plain", respond));
      const both = Router().get("/both", respond);
      router.use("/first", both).use("/second", both);
    });
    await request(app).get(path);
    expect(lines.map((line) => [line.path, line.route])).toEqual([[path, route]]);
  });

  it("keeps apps, pipelined requests and other work apart", async () => {
    const { logger, log: process } = createTestLogger();
    setProcessLogger(logger);
    const define = (router: Router) => {
      router.get("/:name", async (req, res) => {
        await nextTurn();
        log.info({ name: req.params.name }, "at");
        res.json({});
      });
    };
    const one = createTestApp(define);
    const other = createTestApp(define);
    const { port, server } = await startHttpService(one.app);
    const { port: otherPort } = await startHttpService(other.app);
    server.on("upgrade", (_req, socket: Socket) => {
      log.info("upgraded");
      socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    });
    const client = await connectRaw(port);
    const otherClient = await connectRaw(otherPort);
    const named = (name: string) =>
      `GET /${name} HTTP/1.1\r\nHost: t\r\nX-Request-Id: ${name}\r\n\r\n`;
    client.socket.write(named("a") + named("b") + UPGRADE);
    otherClient.socket.write(named("c") + named("d"));
    await client.until(/ 101 /);
    await otherClient.until(/( 200 [^]*){2}}$/);
    const lines = (...names: string[]) =>
      names.map((name) => ({ requestId: name, route: "/:name", name, msg: "at" }));
    expect(said(one.log)).toEqual(lines("a", "b"));
    expect(said(other.log)).toEqual(lines("c", "d"));
    expect(said(process)).toEqual([{ msg: "upgraded" }]);
  });

  it("adds nothing of the previous request to a refused one", async () => {
    const { logger, log: lines } = createTestLogger();
    const { app } = createTestApp(
      (router) => {
        router.get("/slow", async (_req, res) => {
          await nextTurn();
          res.json({});
        });
      },
      { logger },
    );
    const { port } = await startHttpService(app, { refuse: refusals(logger) });
    const client = await connectRaw(port);
    client.socket.write(
      `GET /slow HTTP/1.1\r\nHost: t\r\ntraceparent: 00-${TRACE}-00f067aa0ba902b7-01\r\n\r\nNONSENSE\r\n\r\n`,
    );
    await client.closed;
    expect(said(lines)).toEqual([
      {
        requestId: expect.any(String) as string,
        status: 400,
        code: expect.stringMatching(/^HPE_/) as string,
        client: "127.0.0.1",
        msg: "request refused",
      },
    ]);
  });

  it("keeps the context of a query that waits for a connection, and gives the connection none", async () => {
    const lines: LogLine[] = [];
    let resolveBroken: () => void = () => undefined;
    const isBroken = new Promise<void>((resolve) => (resolveBroken = resolve));
    const write = (line: string) => {
      lines.push(JSON.parse(line) as LogLine);
      if (line.includes("connection broke")) resolveBroken();
    };
    const logger = createLogger("info", { write });
    const postgres = await startFakePostgres({ respond: (sql) => nextTurn([{ value: sql }]) });
    const options = { poolSize: 1, connectTimeoutMs: 5000, statementTimeoutMs: 5000, logger };
    const database = createDatabase({ ...options, url: postgres.url });
    const { app } = createTestApp(
      (router) => {
        router.get("/:name", async (req, res) => {
          const rows = await database.query(`SELECT '${req.params.name}'`);
          log.info({ rows }, "read");
          res.json({});
        });
      },
      { logger },
    );
    const { port } = await startHttpService(app);
    const names = ["a", "b", "c", "d"];
    await Promise.all(
      names.map((name) =>
        request(`http://127.0.0.1:${port}`).get(`/${name}`).set("X-Request-Id", name),
      ),
    );
    const known = said(lines).filter(({ msg }) => msg === "read");
    for (const name of names) {
      const of = { requestId: name, route: "/:name" };
      expect(known.filter(({ requestId }) => requestId === name)).toEqual([
        { ...of, rows: [{ value: `SELECT '${name}' /*x-request-id='${name}'*/` }], msg: "read" },
      ]);
    }
    // Lines about the connection belong to no request.
    await postgres.close();
    await isBroken;
    await database.close();
    expect(said(lines.slice(-1))).toEqual([{ msg: "an idle database connection broke" }]);
  });

  it("reaches an event listener by AsyncResource.bind, as events come from the connection", async () => {
    let gone: () => void = () => undefined;
    const isGone = new Promise<void>((resolve) => (gone = resolve));
    const { app, log: lines } = createTestApp((router) => {
      router.get("/events", (req, res) => {
        res.write("data: 1\n\n");
        const leave = () => {
          log.info("client left");
          gone();
        };
        req.once("close", AsyncResource.bind(leave));
      });
    });
    const { port } = await startHttpService(app);
    const client = await connectRaw(port);
    client.socket.write(get("/events"));
    await client.until(/data: 1/);
    client.socket.resetAndDestroy();
    await isGone;
    expect(said(lines)).toEqual([
      { requestId: expect.any(String) as string, route: "/events", msg: "client left" },
    ]);
  });
});

const UPGRADE =
  "GET /live HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
