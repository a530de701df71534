import { once } from "node:events";
import { toJsonSchema as convert } from "@valibot/to-json-schema";
import type { AddressInfo } from "node:net";
import type { Request, Response } from "express";
import request from "supertest";
import * as v from "valibot";
import { sendPage } from "../../src/http/paging";
import { date, id, object, oneOf, text } from "../../src/schema/fields";
import { toJsonSchema } from "../../src/schema/json-schema";
import { pageCursor } from "../../src/schema/page-cursor";
import { type PageQuery, pageQuery, queryList } from "../../src/schema/query-fields";
import { parseQuery } from "../../src/schema/validate";
import { createTestApp, problem } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";

const shipsQuery = object({
  ...pageQuery(2, 5, text(1, 50)).entries,
  near: v.optional(text(1, 50)),
  flag: v.optional(queryList(oneOf("DE", "FR & Co"), 1, 2)),
});
const names = ["Ada", "Börte", "C&A", "Dora", "Eva"];
const asked: PageQuery[] = [];

/** The ships after the cursor. */
function list(query: PageQuery): Promise<string[]> {
  asked.push(query);
  const start = query.cursor === undefined ? 0 : names.indexOf(query.cursor) + 1;
  return Promise.resolve(names.slice(start, start + query.limit));
}

const { app } = createTestApp((router) => {
  router.get(["/ships", "/*splat"], async (req, res) => {
    await sendPage(res, parseQuery(shipsQuery, req), list, (name) => name);
  });
});
/** The path of a link, resolved against the requested path. */
function next(link: string | undefined, from: string): string | undefined {
  const [, reference] = /^<([^>]+)>; rel="next"$/.exec(link ?? "") ?? [];
  if (reference === undefined) return undefined;
  const { pathname, search } = new URL(reference, `http://ships.test${from}`);
  return pathname + search;
}

/** The response to a target that no client library would send. */
async function getRaw(target: string): Promise<string> {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = await connectRaw((server.address() as AddressInfo).port);
  client.socket.write(`GET ${target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n`);
  await client.closed;
  server.close();
  return client.received();
}

beforeEach(() => void asked.splice(0));

describe("GET a list", () => {
  it("leads through all pages", async () => {
    const pages: unknown[] = [];
    for (let path: string | undefined = "/ships"; path;) {
      const res = await request(app).get(path);
      pages.push(res.body);
      path = next(res.headers.link, path);
    }
    expect(pages).toEqual([["Ada", "Börte"], ["C&A", "Dora"], ["Eva"]]);
  });

  it("requests one more row from the store, and passes filters on", async () => {
    await request(app).get("/ships?limit=3&flag=DE");
    expect(asked).toEqual([{ limit: 4, flag: ["DE"] }]);
  });

  it("keeps other parameters in the link, also repeated ones, and replaces the cursor", async () => {
    const first = await request(app).get("/ships?flag=DE&cursor=Ada&flag=FR%20%26%20Co&limit=1");
    expect(first.headers.link).toBe(
      '<?flag=DE&flag=FR%20%26%20Co&limit=1&cursor=B%C3%B6rte>; rel="next"',
    );
    const second = await request(app).get(next(first.headers.link, "/ships") as string);
    expect([second.body, asked.at(-1)]).toEqual([
      ["C&A"],
      { limit: 2, cursor: "Börte", flag: ["DE", "FR & Co"] },
    ]);
  });

  it("has no link to a next page when the last one is full", async () => {
    const res = await request(app).get("/ships?limit=5");
    expect([res.body, res.headers.link]).toEqual([names, undefined]);
  });

  it.each(["//example.org/ships", '/a>;rel="x"', "/\\\\example.org", "http://ships.test/ships"])(
    "has nothing of the path in a link, not even of %s",
    async (target) => {
      expect(await getRaw(target)).toContain('Link: <?cursor=B%C3%B6rte>; rel="next"\r\n');
    },
  );

  it("keeps characters that would end the link encoded", async () => {
    expect(await getRaw('/ships?near=">;rel="\\&limit=2#top')).toContain(
      'Link: <?near=%22%3e;rel=%22%5c&limit=2&cursor=B%C3%B6rte>; rel="next"\r\n',
    );
  });

  it("replaces a cursor whose name is encoded", async () => {
    const res = await request(app).get("/ships?limit=1&&c%75rsor=Ada");
    expect(next(res.headers.link, "/ships")).toBe("/ships?limit=1&cursor=B%C3%B6rte");
  });

  it("responds 400 with each invalid parameter", async () => {
    const res = await request(app).get("/ships?limit=6&flag=DE&flag=de&cursor=&page=2");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      400,
      problem(400, "Bad Request", {
        detail: "Some query parameters are not valid.",
        errors: [
          { parameter: "limit", detail: "must be a whole number from 1 to 5" },
          { parameter: "cursor", detail: "must have at least 1 character" },
          { parameter: "flag.1", detail: 'must be one of "DE", "FR & Co"' },
          { parameter: "page", detail: "is not a known field" },
        ],
      }),
    ]);
  });
});

describe("GET a list that is sorted by several columns", () => {
  interface Task {
    due: string;
    id: string;
  }
  /** Descending, with equal days. */
  const tasks = Array.from({ length: 7 }, (_, at) => ({
    due: `2026-01-0${3 - Math.floor(at / 3)}`,
    id: String(20 - at),
  }));
  const tasksQuery = object({
    ...pageQuery(2, 5, pageCursor(date, id)).entries,
    near: v.optional(text(1, 50)),
  });
  const cursors: unknown[] = [];
  const { app: taskApp } = createTestApp((router) =>
    router.get("/tasks", async (req, res) => {
      const query = parseQuery(tasksQuery, req);
      await sendPage(
        res,
        query,
        ({ cursor, limit }) => {
          cursors.push(cursor);
          // Typed as the schemas say.
          const [day, last]: readonly [string, string] = cursor ?? ["9999-12-31", "0"];
          const isAfter = ({ due, id }: Task) =>
            due < day || (due === day && Number(id) < Number(last));
          return Promise.resolve(tasks.filter(isAfter).slice(0, limit));
        },
        (task) => [task.due, task.id],
      );
    }),
  );

  it("leads through all pages, with an opaque cursor", async () => {
    const found: Task[] = [];
    const paths: string[] = [];
    for (let path: string | undefined = "/tasks?near=a"; path;) {
      paths.push(path);
      const res = await request(taskApp).get(path);
      found.push(...(res.body as Task[]));
      path = next(res.headers.link, path);
    }
    expect(found).toEqual(tasks);
    expect(paths).toHaveLength(4);
    expect(paths[1]).toMatch(/^\/tasks\?near=a&cursor=[\w-]+$/);
    expect(cursors[1]).toEqual(["2026-01-03", "19"]);
  });

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  it.each([
    ["another shape", encode({ due: "2026-01-01", id: "1" })],
    ["too few values", encode(["2026-01-01"])],
    ["too many values", encode(["2026-01-01", "1", "2"])],
    ["a value of another type", encode(["2026-01-01", 1])],
    ["a day that there is not", encode(["2026-02-31", "1"])],
    ["no JSON", "bm9uZQ"],
    ["no base64url", "a+b/"],
    ["more than a cursor has", encode(["2026-01-01", "1".repeat(5000)])],
    ["deep nesting", Buffer.from("[".repeat(1400)).toString("base64url")],
  ])("responds 400 to a cursor with %s", async (_what, cursor) => {
    const res = await request(taskApp).get("/tasks").query({ cursor });
    expect([res.status, JSON.parse(res.text)]).toEqual([
      400,
      problem(400, "Bad Request", {
        detail: "Some query parameters are not valid.",
        errors: [{ parameter: "cursor", detail: "must be the cursor of a link to the next page" }],
      }),
    ]);
  });

  it("takes only a cursor of the right types", () => {
    const page = parseQuery.bind(undefined, tasksQuery);
    const list = () => Promise.resolve(tasks);
    const wrong = async (res: Response, req: Request) => {
      // @ts-expect-error -- an id is text
      await sendPage(res, page(req), list, (task) => [task.due, Number(task.id)]);
      // @ts-expect-error -- one value is missing
      await sendPage(res, page(req), list, (task) => [task.due]);
      // @ts-expect-error -- the query of an id has no list
      await sendPage(res, parseQuery(pageQuery(2, 5), req), list, (task) => [task.due, task.id]);
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it("has a cursor of text in its JSON Schema", () => {
    expect(toJsonSchema(tasksQuery, convert).properties).toMatchObject({
      cursor: { type: "string", pattern: "^[\\w-]+$", format: "cursor", maxLength: 2000 },
    });
  });
});
