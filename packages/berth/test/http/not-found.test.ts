import { Router } from "express";
import request from "supertest";
import { createTestApp, problem } from "../../src/testing/app";

const { app } = createTestApp((router) => {
  router.get("/", (_req, res) => void res.json({}));
  router.get("/things/:id", (_req, res) => void res.json({}));
  router.delete(["/things/:id", "/things"], (_req, res) => void res.json({}));
  const nested = Router();
  nested.post("/inner", (_req, res) => void res.json({}));
  router.use("/outer/:name", nested);
  router.all("/any", (_req, _res, next) => next());
});

describe("a path that does not exist", () => {
  it.each(["/nothing", "/things/1/more", "/outer/a/other", "/any", "/things/%00/x"])(
    "gets 404 for %s",
    async (path) => {
      const res = await request(app).get(path);
      expect(res.status).toBe(404);
      expect(res.type).toBe("application/problem+json");
      expect(JSON.parse(res.text)).toEqual(
        problem(404, "Not Found", { detail: "There is nothing at this path." }),
      );
    },
  );

  it("gets 404 for OPTIONS, too", async () => {
    expect((await request(app).options("/nothing")).status).toBe(404);
  });

  it.each(["/%", "/things/%E0%A4%A", "/nothing/%zz"])(
    "gets 400 for %s, which cannot be decoded",
    async (path) => {
      expect((await request(app).get(path)).status).toBe(400);
    },
  );
});

describe("a path that supports other methods", () => {
  it.each([
    ["/things/1", "DELETE, GET, HEAD"],
    ["/things/1/", "DELETE, GET, HEAD"],
    ["/THINGS", "DELETE"],
    ["/outer/a/inner", "POST"],
    ["/livez", "GET, HEAD"],
    ["/", "GET, HEAD"],
  ])("gets 405 with Allow for %s", async (path, allow) => {
    const res = await request(app).patch(path);
    expect(res.status).toBe(405);
    expect(res.headers.allow).toBe(allow);
    expect(JSON.parse(res.text)).toEqual(
      problem(405, "Method Not Allowed", { detail: `This path supports ${allow}.` }),
    );
  });

  it("responds to OPTIONS with Allow", async () => {
    const res = await request(app).options("/things/1");
    expect([res.status, res.headers.allow]).toEqual([200, "DELETE, GET, HEAD"]);
  });

  it("responds to HEAD as to GET, without the body", async () => {
    const res = await request(app).head("/things/1");
    expect([res.status, res.headers["content-length"], res.text]).toEqual([200, "2", undefined]);
  });
});
