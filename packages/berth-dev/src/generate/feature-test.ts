// The tests of a feature: those of the sample that hold for any fields, and tests of its own fields.
import type * as TypeScript from "typescript";
import type { Field } from "./fields";
import { filtersOf } from "./feature-schema";
import { missingDetail, takenDetail } from "./feature-store";
import { type FeatureName, kebab, prose, singularOf } from "./names";
import {
  applyEdits,
  descendants,
  type Edit,
  find,
  named,
  parse,
  replaced,
  typescript,
} from "./syntax";

/** Titles of tests to remove: of the sample's own fields, and of what Berth does for all features. */
const DROPPED = [
  "keeps any text as it is",
  "takes 200 characters of title and 10,000 of body, and no more",
  "stores nothing when a text has a NUL character",
  "responds 404 when the id is not valid: %s",
  "responds 405 with Allow to other methods",
  "has no next page when the last one is full",
  "responds 400 when the id cannot be decoded",
  "returns 20 notes by default",
  "responds 400 to limit=%s",
  "responds 400 to cursor=%s",
  "responds 400 to an unknown parameter",
];
const DROPPED_CONSTANTS = ["notIds", "nothingThere"];

/** The rows referenced by fields. */
export interface ReferencedRow {
  field: string;
  /** The statements that create the row, as code, and the code of its id. */
  statements: readonly string[];
  id: string;
}

export interface FeatureTest {
  name: FeatureName;
  fields: readonly Field[];
  rows: readonly ReferencedRow[];
  /** The paths at which referenced rows are deleted, by table. */
  referencedPaths: ReadonlyMap<string, string>;
}

/** Removes the tests of the sample's fields, before the sample's names are replaced. */
export function withoutSampleTests(text: string): string {
  const ts = typescript();
  const source = parse(text);
  const dropped = descendants(source).filter(
    (node) =>
      (ts.isExpressionStatement(node) && DROPPED.includes(titleOf(node) ?? "")) ||
      (ts.isVariableStatement(node) &&
        DROPPED_CONSTANTS.some((name) => named(node, name) !== undefined)),
  );
  if (dropped.length !== DROPPED.length + DROPPED_CONSTANTS.length)
    throw new Error("the sample's test has other tests");
  return applyEdits(
    text,
    dropped.map((node) => ({ start: node.getFullStart(), end: node.getEnd(), text: "" })),
  );
}

/** The title of `it("title", …)`, `describe("title", …)` or `it.each(…)("title", …)`. */
function titleOf(statement: TypeScript.ExpressionStatement): string | undefined {
  const ts = typescript();
  const { expression } = statement;
  const title = ts.isCallExpression(expression) ? expression.arguments[0] : undefined;
  return title && ts.isStringLiteralLike(title) ? title.text : undefined;
}

/** Adds the fields to the input, creates the rows that they reference, and adds tests of them. */
export function withFieldTests(
  text: string,
  { name, fields, rows, referencedPaths }: FeatureTest,
): string {
  const ts = typescript();
  const source = parse(text);
  const input = find(named(source, "input"), ts.isArrowFunction);
  const members = find(input, ts.isObjectLiteralExpression);
  const database = source.statements.find(
    (node) => ts.isVariableStatement(node) && named(node, "app") !== undefined,
  );
  const setUp = find(source, (node): node is TypeScript.Block => ts.isBlock(node));
  if (!input || !members || !database || !setUp)
    throw new Error("the sample's test has another shape");

  const sample = fields.map((field) => member(field.name, field.sample)).join(", ");
  const path = kebab(name.plural);
  const blocks = blocksOf(fields, path);
  const lets = rows.map(({ field }) => `\nlet ${field}: string;`).join("");
  const created = rows.flatMap(({ field, statements, id }) => [...statements, `${field} = ${id};`]);
  return applyEdits(text, [
    replaced(members, `{ ${sample} }`),
    ...(/\bnumber\b/.test(sample) ? [] : [renamedParameter(input)]),
    { start: database.getEnd(), end: database.getEnd(), text: lets },
    ...(created.length > 0
      ? [{ start: setUp.getEnd() - 1, end: setUp.getEnd() - 1, text: `${created.join("\n")}\n` }]
      : []),
    ...intoDescribe(source, `POST /${path}`, blocks.post),
    ...intoDescribe(source, `GET /${path}`, blocks.list),
    {
      start: text.length,
      end: text.length,
      text: deletions(name, fields, referencedPaths),
    },
  ]);
}

const member = (name: string, code: string): string => (name === code ? name : `${name}: ${code}`);

/** Marks the parameter as unused, for lint: no field has a number. */
function renamedParameter(input: TypeScript.ArrowFunction): Edit {
  return replaced(input.parameters[0]!.name, "_number");
}

/** Adds tests at the end of a `describe`. */
function intoDescribe(source: TypeScript.SourceFile, title: string, tests: string): Edit[] {
  if (tests === "") return [];
  const ts = typescript();
  const block = source.statements.find(
    (node) => ts.isExpressionStatement(node) && titleOf(node) === title,
  );
  const body = find(block, ts.isBlock);
  if (!body) throw new Error(`the sample's test does not describe ${title}`);
  const at = body.getEnd() - 1;
  return [{ start: at, end: at, text: `\n${tests}\n` }];
}

function blocksOf(fields: readonly Field[], path: string) {
  const optional = fields.filter(({ isOptional }) => isOptional);
  return {
    post: [
      invalidFields(fields),
      ...(optional.length > 0 ? [absentFields(optional)] : []),
      ...fields.filter(({ isUnique }) => isUnique).map(takenField),
      ...filtersOf(fields).map(missingRow),
    ].join("\n\n"),
    list: filtersOf(fields)
      .map((field) => filteredList(field, path))
      .join("\n\n"),
  };
}

const invalidFields = (fields: readonly Field[]): string => `
  it.each([
    ${fields
      .map(
        ({ name, invalid }) =>
          `["/${name}${invalid.below ?? ""}", { ${name}: ${invalid.value} }, ${JSON.stringify(invalid.detail)}]`,
      )
      .join(",\n")},
  ])("responds 422 when %s is not valid", async (pointer, change, detail) => {
    const res = await post({ ...input(), ...change });
    const errors = [{ pointer, detail }];
    expect([res.status, problemOf(res)]).toEqual([
      422,
      problem(422, "Unprocessable Entity", { detail: "Some fields are not valid.", errors }),
    ]);
  });`;

const absentFields = (fields: readonly Field[]): string => {
  const nulls = fields.map(({ name }) => `${name}: null`).join(", ");
  const absent = fields.map(({ name }) => `${name}: undefined`).join(", ");
  return `
  it("takes what is optional as null where it is absent", async () => {
    const res = await post({ ...input(), ${absent} });
    expect([res.status, res.body]).toEqual([201, expect.objectContaining({ ${nulls} })]);
  });`;
};

/** A test that both routes that write reject an input. */
const refused = (
  title: string,
  {
    setUp = "",
    change,
    status,
    detail,
  }: Record<"change" | "status" | "detail", string> & { setUp?: string },
): string => `
  it("${title}", async () => {
    ${setUp}const id = idOf(await post(input(2)));
    const change = { ${change} };
    for (const res of [await post({ ...input(3), ...change }), await put(id, { ...input(2), ...change })]) {
      expect([res.status, problemOf(res)]).toEqual([
        ${status.slice(0, 3)},
        problem(${status}, { detail: ${JSON.stringify(detail)} }),
      ]);
    }
  });`;

const takenField = (field: Field): string =>
  refused(`responds 409 when the ${prose(field.words)} is taken`, {
    setUp: "await post(input());\n    ",
    change: `${field.name}: input().${field.name}`,
    status: '409, "Conflict"',
    detail: takenDetail(field),
  });

const missingRow = (field: Field): string =>
  refused(`responds 422 to a ${field.name} of no ${prose(singularOf(field.references ?? ""))}`, {
    change: `${field.name}: "9223372036854775807"`,
    status: '422, "Unprocessable Entity"',
    detail: missingDetail(field),
  });

const filteredList = (field: Field, path: string): string => `
  it("lists those of a ${field.name}", async () => {
    const id = idOf(await post(input()));
    expect(ids(await request(app).get(\`/${path}?${field.name}=\${${field.name}}\`))).toEqual([id]);
    const others = await request(app).get("/${path}?${field.name}=9223372036854775807");
    expect(others.body).toEqual([]);
  });`;

/** The test that deleting a referenced row is rejected. */
function deletions(
  name: FeatureName,
  fields: readonly Field[],
  paths: ReadonlyMap<string, string>,
): string {
  return filtersOf(fields)
    .filter(({ references }) => paths.has(references ?? ""))
    .filter(
      ({ references }, index, all) =>
        index === all.findIndex((one) => one.references === references),
    )
    .map((field) => {
      const [one, path] = [
        prose(singularOf(field.references ?? "")),
        paths.get(field.references ?? ""),
      ];
      return `
describe("DELETE ${path}/:id", () => {
  it("responds 409 while the ${one} has ${prose(name.plural)}", async () => {
    const id = idOf(await post(input()));
    const refused = await request(app).delete(\`${path}/\${${field.name}}\`);
    expect([refused.status, problemOf(refused)]).toEqual([
      409,
      problem(409, "Conflict", { detail: "${referringDetail(field, name)}" }),
    ]);
    expect((await request(app).get(\`/${kebab(name.plural)}/\${id}\`)).status).toBe(200);
  });
});
`;
    })
    .join("");
}

/** The message for a client that deletes a referenced row. */
export const referringDetail = ({ references = "" }: Field, name: FeatureName): string =>
  `The ${prose(singularOf(references))} has ${prose(name.plural)}.`;
