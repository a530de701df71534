// Forms without a description, as plain middleware and in handlers.
import type { Router } from "express";
import request from "supertest";
import * as v from "valibot";
import { parseBody } from "../../src/http/body";
import { multipart, parseForm } from "../../src/http/form";
import { object, text } from "../../src/schema/fields";
import { file } from "../../src/schema/file";
import { queryInteger } from "../../src/schema/query-fields";
import { createTestApp, problem } from "../../src/testing/app";
import { PNG, uploadFolder, untilNothingIsStored } from "../support/forms";

const image = file({ maxBytes: 1000, types: ["image/png"] });
const photo = object({ title: text(1, 10), image });
const serve = (define: (router: Router) => void) => createTestApp(define).app;

afterEach(untilNothingIsStored);

describe("multipart", () => {
  const app = serve((router) => {
    const read = multipart({ files: { image }, folder: uploadFolder() });
    router.post("/raw", read, (req, res) => void res.json(req.body ?? "unread"));
    router.post("/checked", read, async (req, res) => void res.json(await parseForm(photo, req)));
  });

  it("puts fields and files into req.body, unchecked", async () => {
    const res = await request(app)
      .post("/raw")
      .field("a", "x")
      .field("a", "y")
      .attach("image", PNG, "a");
    expect(res.body).toEqual({
      a: ["x", "y"],
      image: { name: "a", type: "image/png", bytes: PNG.length },
    });
  });

  it("is followed by parseForm, which checks them", async () => {
    const res = await request(app).post("/checked").field("title", "").attach("image", PNG, "a");
    expect([res.status, JSON.parse(res.text)]).toEqual([
      422,
      problem(422, "Unprocessable Entity", {
        detail: "Some fields are not valid.",
        errors: [{ pointer: "/title", detail: "must have at least 1 character" }],
      }),
    ]);
  });

  it("is told which field was sent more than once", async () => {
    const sent = request(app).post("/checked").field("title", "a").field("title", "b");
    const res = await sent.attach("image", PNG, "a");
    expect((JSON.parse(res.text) as { errors: unknown }).errors).toEqual([
      { pointer: "/title", detail: "must not be sent more than once" },
    ]);
  });

  it("checks files while they arrive", async () => {
    const res = await request(app).post("/raw").attach("image", Buffer.from("x"), "a.png");
    expect(res.status).toBe(422);
  });

  it("does not read other bodies", async () => {
    expect((await request(app).post("/raw").send({ a: 1 })).body).toBe("unread");
  });

  it("takes a field named as a member of objects as one", async () => {
    const res = await request(app).post("/raw").field("__proto__", "x").field("constructor", "y");
    expect(JSON.parse(res.text)).toEqual(JSON.parse('{"__proto__":"x","constructor":"y"}'));
  });
});

describe("parseForm", () => {
  const fields = object({ title: text(1, 10), pages: v.optional(queryInteger(1, 9)) });
  const app = serve((router) => {
    router.post("/fields", async (req, res) => void res.json(await parseForm(fields, req)));
    const options = { folder: uploadFolder() };
    router.post("/photo", async (req, res) => void res.json(await parseForm(photo, req, options)));
    router.post("/json", async (req, res) => void res.json(await parseBody(photo, req)));
  });

  it.each(["urlencoded", "multipart"])("reads a form without files that is %s", async (way) => {
    const post = request(app).post("/fields");
    const sent =
      way === "multipart"
        ? post.field("title", "x").field("pages", "3")
        : post.type("form").send("title=x&pages=3");
    expect((await sent).body).toEqual({ title: "x", pages: 3 });
  });

  it("reads a form with files", async () => {
    const res = await request(app).post("/photo").field("title", "x").attach("image", PNG, "a");
    expect(res.body).toMatchObject({ title: "x", image: { type: "image/png" } });
  });

  it("needs multipart/form-data for a form with files", async () => {
    const res = await request(app).post("/photo").type("form").send("title=x");
    expect(res.status).toBe(415);
    expect((await request(app).post("/photo")).status).toBe(400);
  });

  it("accepts no JSON that looks like a file, and so names a path", async () => {
    const fake = { name: "a", type: "image/png", bytes: 1, path: "/etc/passwd" };
    const res = await request(app).post("/json").send({ title: "x", image: fake });
    expect([res.status, res.text]).toEqual([422, expect.stringContaining("must be a file")]);
  });
});
