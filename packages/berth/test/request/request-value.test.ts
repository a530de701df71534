import type { RequestHandler } from "express";
import request from "supertest";
import { requestValue } from "../../src/request/request-value";
import { createTestApp, problem } from "../../src/testing/app";

interface User {
  name: string;
}
const currentUser = requestValue<User>("currentUser");
const tenant = requestValue<string | undefined>("tenant");

const signIn: RequestHandler = (req, _res, next) => {
  currentUser.set(req, { name: String(req.headers["x-user"]) });
  tenant.set(req, undefined);
  next();
};

const { app, log } = createTestApp((router) => {
  router.get("/me", signIn, (req, res) => {
    res.json({
      name: currentUser.get(req).name,
      tenant: tenant.get(req) ?? "none",
      seen: Object.keys(req).filter((key) => /user|tenant/i.test(key)),
    });
  });
  router.get("/unguarded", (req, res) => void res.json(currentUser.get(req).name));
  const mounted = createTestApp((inner) => {
    inner.get("/me", (req, res) => void res.json(currentUser.get(req).name));
  }).app;
  router.use("/mounted", signIn, mounted);
});

describe("a request's value", () => {
  it("reaches only the handler of its own request, and is not visible to other code", async () => {
    const [ann, bob] = await Promise.all(
      ["ann", "bob"].map((name) => request(app).get("/me").set("X-User", name)),
    );
    expect(ann?.body).toEqual({ name: "ann", tenant: "none", seen: [] });
    expect(bob?.body).toEqual({ name: "bob", tenant: "none", seen: [] });
  });

  it("reaches a mounted app", async () => {
    const res = await request(app).get("/mounted/me").set("X-User", "ann");
    expect(res.body).toBe("ann");
  });

  it("causes a 500 when no middleware has set it, and the log names it", async () => {
    const res = await request(app).get("/unguarded");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      500,
      problem(500, "Internal Server Error"),
    ]);
    expect(log).toContainEqual(
      expect.objectContaining({
        level: "error",
        err: expect.objectContaining({
          message:
            "The request has no currentUser: add the middleware that sets it before this route.",
        }) as object,
      }),
    );
  });

  it("is typed", () => {
    const wronglyTyped: RequestHandler = (req) => {
      // @ts-expect-error: a user has a name.
      currentUser.set(req, { nom: "ann" });
      // @ts-expect-error: a user has no age.
      return currentUser.get(req).age as number;
    };
    expect(wronglyTyped).toHaveLength(1);
  });
});
