import { type RequestHandler, Router } from "express";
import * as v from "valibot";
import { describeRoute } from "../../src/api/describe-route";
import { openApiDocument } from "../../src/api/openapi";
import { arrayOf, object, text } from "../../src/schema/fields";

interface Part {
  name: string;
  parts: Part[];
}

const tree = (title: (part: v.GenericSchema<Part>) => v.GenericSchema<Part>) => {
  const part: v.GenericSchema<Part> = title(
    object({ name: text(1, 5), parts: v.lazy(() => arrayOf(part, 0, 3)) }),
  );
  return part;
};

const documentOf = (body: v.GenericSchema, response: v.GenericSchema = body) => {
  const described = describeRoute({ summary: "It.", body, responses: { 201: response } });
  const router = Router().post("/ships", described as RequestHandler, (_req, res) => {
    res.end();
  });
  return openApiDocument(router, { title: "ships", version: "1.0.0" });
};

describe("a schema that contains itself", () => {
  const part = tree((of) => v.pipe(of, v.title("Part")));

  it("appears once in the document, by its name, and refers to itself", () => {
    const document = documentOf(object({ hull: part }), part);
    expect(document.components.schemas.Part).toMatchObject({
      properties: {
        parts: { type: "array", maxItems: 3, items: { $ref: "#/components/schemas/Part" } },
      },
    });
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
    expect(new Set(refs)).toEqual(
      new Set([
        "#/components/schemas/Part",
        "#/components/schemas/Problem",
        "#/components/responses/Problem",
      ]),
    );
    expect(JSON.stringify(document)).not.toContain("$defs");
  });

  it("needs a name, and the error says how to give one", () => {
    expect(() => documentOf(tree((of) => of))).toThrow(
      'POST /ships: A schema that contains itself needs a name: v.pipe(object({ … }), v.title("Order")).',
    );
  });

  it("is not confused with another schema of the same name", () => {
    const other = v.pipe(
      object({ part: v.pipe(object({ x: text(1, 2) }), v.title("Part")) }),
      v.title("Part"),
    );
    expect(() => documentOf(other)).toThrow("POST /ships: Two schemas have the title Part");
  });
});
