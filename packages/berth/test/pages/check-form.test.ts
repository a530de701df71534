import request from "supertest";
import * as v from "valibot";
import { checkForm } from "../../src/pages/check-form";
import { date, object, oneOf, text } from "../../src/schema/fields";
import { file } from "../../src/schema/file";
import { queryInteger } from "../../src/schema/query-fields";
import { createTestApp, problem } from "../../src/testing/app";
import { PNG, untilNothingIsStored, uploadFolder } from "../support/forms";

const noteInput = object({
  title: text(1, 10),
  body: text(0, 20),
  due: v.optional(date),
  rank: v.optional(queryInteger(1, 5)),
  kind: v.optional(oneOf("A", "B"), "A"),
});
const range = v.pipe(
  object({ from: date, to: date }),
  v.check(({ from, to }) => from < to, "must end after it begins"),
);

const { app } = createTestApp((router) => {
  router.post("/notes", async (req, res) => void res.json(await checkForm(noteInput, req)));
  router.post("/range", async (req, res) => void res.json(await checkForm(range, req)));
  router.post("/small", async (req, res) => {
    res.json(await checkForm(noteInput, req, { limitBytes: 10 }));
  });
});

const send = async (path: string, form: string) => {
  const res = await request(app).post(path).type("form").send(form);
  return { status: res.status, body: JSON.parse(res.text) as object };
};

describe("checkForm", () => {
  it("gives the schema's input for a valid form, without empty fields that are optional", async () => {
    expect(await send("/notes", "title=Anchor&body=&due=&rank=3&kind=")).toEqual({
      status: 200,
      body: {
        isValid: true,
        input: { title: "Anchor", body: "", rank: 3, kind: "A" },
        values: { title: "Anchor", body: "", due: "", rank: "3", kind: "" },
        errors: {},
      },
    });
  });

  it("gives the errors by field, and what was sent", async () => {
    expect(await send("/notes", "title=&body=Down&due=2026-02-31&rank=x&rank=y")).toEqual({
      status: 200,
      body: {
        isValid: false,
        values: { title: "", body: "Down", due: "2026-02-31", rank: "x" },
        errors: {
          title: "must have at least 1 character",
          due: "must be a calendar date, such as 2026-11-01",
          rank: "must not be sent more than once",
        },
      },
    });
  });

  it("counts a line break as one character, as browsers do", async () => {
    const { body } = await send("/notes", `title=x&body=${"%0D%0A".repeat(20)}`);
    expect(body).toMatchObject({ isValid: true, input: { body: "\n".repeat(20) } });
  });

  it("puts errors that belong to no field together", async () => {
    expect(await send("/range", "from=2026-11-02&to=2026-11-01")).toMatchObject({
      body: { isValid: false, errors: { "": "must end after it begins" } },
    });
    expect(await send("/notes", "title=x&body=&extra~/=1")).toMatchObject({
      body: { isValid: false, errors: { "": "extra~/ is not a known field" } },
    });
  });

  it("takes names that objects inherit as any others", async () => {
    const { body } = await send("/notes", "title=x&body=&__proto__=1&constructor=2");
    expect(body).toMatchObject({ isValid: false, errors: { "": expect.any(String) as string } });
    expect(Object.keys((body as { values: object }).values).sort()).toEqual(
      ["__proto__", "body", "constructor", "title"].sort(),
    );
  });

  it.each([
    ["/notes", "application/json", "{}", 415, "Unsupported Media Type"],
    ["/small", "application/x-www-form-urlencoded", "title=12345", 413, "Payload Too Large"],
  ])("responds at %s to %s %s with %i", async (path, type, sent, status, title) => {
    const res = await request(app).post(path).set("Content-Type", type).send(sent);
    expect(res.status).toBe(status);
    expect(JSON.parse(res.text)).toEqual(
      problem(status, title, { detail: expect.any(String) as string }),
    );
  });
});

describe("checkForm of a form with a file", () => {
  const photo = object({
    title: text(1, 10),
    image: file({ maxBytes: 100, types: ["image/png"] }),
  });
  const { app } = createTestApp((router) => {
    router.post("/photos", async (req, res) => {
      res.json(await checkForm(photo, req, { folder: uploadFolder() }));
    });
  });
  afterEach(untilNothingIsStored);
  const send = async (title: string, image: Buffer) => {
    const post = request(app).post("/photos").field("title", title);
    const res = await post.attach("image", image, "a.png");
    return { status: res.status, body: JSON.parse(res.text) as object };
  };

  it("gives the file", async () => {
    expect(await send("Anchor", PNG)).toMatchObject({
      status: 200,
      body: {
        isValid: true,
        input: { title: "Anchor", image: { name: "a.png", type: "image/png" } },
        values: { title: "Anchor", image: "" },
      },
    });
  });

  it.each([
    ["of another type", Buffer.from("x"), "must be a file of type image/png"],
    ["that is too large", Buffer.concat([PNG, Buffer.alloc(100)]), "must have at most 100 bytes"],
  ])("gives the error of a file %s, and the fields before it", async (_name, image, error) => {
    expect(await send("Anchor", image)).toEqual({
      status: 200,
      body: { isValid: false, values: { title: "Anchor" }, errors: { image: error } },
    });
  });
});
