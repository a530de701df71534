import { findingsOf, tableOf } from "../../src/fuzz/report";
import type { Finding, OperationResult } from "../../src/fuzz/trial";

const finding: Finding = {
  operation: "GET /ships/{id}",
  violation: "the path's id is not valid",
  mismatch: "an error of the service, whatever was sent",
  sent: { method: "GET", target: "/ships/x", headers: {} },
  response: {
    status: 500,
    headers: { "content-type": "text/plain", "x-request-id": "7" },
    body: "no",
  },
};
const tried = (of: Partial<OperationResult>): OperationResult => ({
  operation: "GET /ships",
  valid: 9,
  invalid: 10,
  statuses: new Map([
    [400, 10],
    [200, 9],
  ]),
  findings: [],
  notes: [],
  ...of,
});
const ran = { url: "http://localhost:5000", seed: 3, runs: 9 };

describe("the report", () => {
  it("has a row for each route, followed by notes", () => {
    const ships = tried({ operation: "GET /ships/{id}", valid: 0, notes: ["not tried"] });
    expect(tableOf([tried({}), ships])).toBe(
      `route            valid  invalid  findings  statuses
GET /ships           9       10         0  200×9 400×10
GET /ships/{id}      0       10         0  200×9 400×10
GET /ships/{id}: not tried`,
    );
  });

  it("shows the request, the response, the error, and the command that repeats it", () => {
    const errorOf = (id: string) =>
      id === "7" ? "Error: overboard\n    at a\n    at b\n    at c" : undefined;
    expect(findingsOf([tried({ findings: [finding] })], { ...ran, errorOf })).toEqual([
      `GET /ships/{id}: an error of the service, whatever was sent
  sent:      the path's id is not valid
  response:  500 text/plain no
  error:     Error: overboard
              at a
              at b
  request:   curl -i -X GET --path-as-is 'http://localhost:5000/ships/x'
  repeat:    npm run fuzz -- --seed 3 --runs 9`,
    ]);
  });

  it("repeats only one route if it needs no other, and shows a missing response", () => {
    const {
      response: _response,
      violation: _broken,
      ...hung
    } = { ...finding, operation: "GET /ships" };
    const [text] = findingsOf([tried({ findings: [hung] })], ran);
    expect(text).toContain("  sent:      valid input\n  response:  none\n  request:");
    expect(text).toMatch(/--runs 9 --path 'GET \/ships'$/);
  });
});
