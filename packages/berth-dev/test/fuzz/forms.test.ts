import fc from "fast-check";
import { createSchemaValidator, type FormDescription } from "../../src/fuzz/document";
import { eventsIn } from "../../src/fuzz/events";
import { formsOf, invalidForms } from "../../src/fuzz/forms";

const binary = { type: "string", format: "binary", maxLength: 50 };
const form: FormDescription = {
  schema: {
    type: "object",
    properties: {
      title: { type: "string", minLength: 1, maxLength: 5 },
      image: binary,
      more: { type: "array", items: binary, maxItems: 2 },
    },
    required: ["title", "image"],
    additionalProperties: false,
  },
  types: { image: ["image/png"] },
};
const validator = createSchemaValidator({ paths: {} });

describe("the forms of a description", () => {
  it("have its fields, and files of their types", () => {
    for (const { body } of fc.sample(formsOf(form, validator), { numRuns: 50, seed: 1 })) {
      const text = body?.toString("latin1") ?? "";
      expect(text).toMatch(/; name="title"\r\n\r\n/);
      expect(text).toMatch(
        /; name="image"; filename="fuzz"\r\nContent-Type: image\/png\r\n\r\n\x89PNG/,
      );
    }
  });

  it("are violated in every rule", () => {
    const drafts = fc.sample(fc.oneof(...invalidForms(form, validator)), { numRuns: 500, seed: 1 });
    expect([...new Set(drafts.map(({ violation }) => violation))].sort()).toEqual([
      "the form's fields are too many",
      "the form's files are too many",
      "the form's image has too many files",
      "the form's image is missing",
      "the form's image is of another type",
      "the form's image is text",
      "the form's image is too large",
      "the form's more has too many files",
      "the form's more is text",
      "the form's more is too large",
      "the form's title is a file",
      "the form's title is missing",
      "the form's title is not valid",
    ]);
  });

  it("are none if no file of their types is known", () => {
    const unknown = { ...form, types: { image: ["image/x-none"] } };
    expect(() => formsOf(unknown, validator)).toThrow("no file found of type image/x-none");
  });
});

describe("eventsIn", () => {
  it("has the complete events of a stream", () => {
    const text =
      ':\n\nretry: 5\n\nevent: made\r\nid: 7\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\nevent: cut\ndata: 1';
    expect(eventsIn(text)).toEqual([
      { event: "made", data: { a: 1 }, id: "7" },
      { event: "message", data: "x" },
    ]);
  });
});
