import { codemodsBetween } from "../../src/upgrade/codemods";
import { renamedExports } from "../../src/upgrade/rename-exports";

const change = renamedExports("berth/http", { Problem: "HttpProblem" });
const renamed = (text: string): string | undefined =>
  change(new Map([["src/a.ts", text]])).get("src/a.ts");

describe("renamedExports", () => {
  it.each([
    [
      "an import and its uses",
      'import { Problem } from "berth/http";\nthrow new Problem(404, "Problem");\n',
      'import { HttpProblem } from "berth/http";\nthrow new HttpProblem(404, "Problem");\n',
    ],
    [
      "an import with another name, which stays",
      'import { Problem as Failure, other } from "berth/http";\nnew Failure();\n',
      'import { HttpProblem as Failure, other } from "berth/http";\nnew Failure();\n',
    ],
    [
      "types",
      'import { type Problem } from "berth/http";\nconst a = (b: Problem, c: Array<Problem>): b is Problem => true;\n',
      'import { type HttpProblem } from "berth/http";\nconst a = (b: HttpProblem, c: Array<HttpProblem>): b is HttpProblem => true;\n',
    ],
    [
      "a type import",
      'import type { Problem } from "berth/http";\nlet a: Problem;\n',
      'import type { HttpProblem } from "berth/http";\nlet a: HttpProblem;\n',
    ],
    [
      "a namespace",
      'import * as http from "berth/http";\nthrow new http.Problem() as http.Problem;\n',
      'import * as http from "berth/http";\nthrow new http.HttpProblem() as http.HttpProblem;\n',
    ],
    [
      "a type by import()",
      'let a: import("berth/http").Problem;\n',
      'let a: import("berth/http").HttpProblem;\n',
    ],
    [
      "a dynamic import",
      'const { Problem } = await import("berth/http");\nnew Problem();\n',
      'const { HttpProblem } = await import("berth/http");\nnew HttpProblem();\n',
    ],
    [
      "a re-export, whose name stays",
      'export { Problem } from "berth/http";\n',
      'export { HttpProblem as Problem } from "berth/http";\n',
    ],
    [
      "a local export, whose name stays",
      'import { Problem } from "berth/http";\nexport { Problem };\n',
      'import { HttpProblem } from "berth/http";\nexport { HttpProblem as Problem };\n',
    ],
    [
      "a property of its name, which stays",
      'import { Problem } from "berth/http";\nexport const all = { Problem };\n',
      'import { HttpProblem } from "berth/http";\nexport const all = { Problem: HttpProblem };\n',
    ],
    [
      "what is not shadowed",
      'import { Problem } from "berth/http";\nconst f = (Problem: string) => Problem;\nnew Problem();\n',
      'import { HttpProblem } from "berth/http";\nconst f = (Problem: string) => Problem;\nnew HttpProblem();\n',
    ],
    [
      "only the import in a file that has another one of the new name",
      'import { Problem } from "berth/http";\nclass HttpProblem extends Problem {}\n',
      'import { HttpProblem as Problem } from "berth/http";\nclass HttpProblem extends Problem {}\n',
    ],
    [
      "an element by name",
      'const { Problem: Own } = await import("berth/http");\nnew Own();\n',
      'const { HttpProblem: Own } = await import("berth/http");\nnew Own();\n',
    ],
    [
      "nothing of another module",
      'import { Problem } from "./problem";\nimport "berth/http";\nnew Problem();\n',
      'import { Problem } from "./problem";\nimport "berth/http";\nnew Problem();\n',
    ],
  ])("renames %s", (_what, before, after) => {
    expect(renamed(before)).toBe(after);
  });
});

it("codemodsBetween has those of the versions passed, in their order", () => {
  const all = ["1.0.0", "0.10.0", "0.3.0", "0.9.0", "2.0.0"].map((version) => ({
    version,
    about: "",
    change,
  }));
  const between = (from: string, to: string) =>
    codemodsBetween(from, to, all).map(({ version }) => version);
  expect(between("0.3.0", "1.0.0")).toEqual(["0.9.0", "0.10.0", "1.0.0"]);
  expect(between("0.3.0", "1.0.0-rc.1")).toEqual(["0.9.0", "0.10.0"]);
  expect(between("2.0.0", "3.0.0")).toEqual([]);
});
