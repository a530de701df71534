// Parsing of the load generator's output.
import { parseReport } from "../load";

const RESULT = { requests: 100, durationUs: 1, p50Us: 2, p99Us: 3, errorStatuses: 0, broken: 0 };

describe("parseReport", () => {
  it("finds the script's line after wrk's own report", () => {
    const output = `Running 1s test\nRequests/sec: 100\n${JSON.stringify(RESULT)}\n`;
    expect(parseReport(output)).toEqual(RESULT);
  });

  it("shows wrk's output if the line is missing", () => {
    expect(() => parseReport("unable to connect")).toThrow(/no result:\nunable to connect/);
  });
});
