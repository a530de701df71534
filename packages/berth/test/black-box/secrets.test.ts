import { join } from "node:path";
import { SERVICE } from "../support/built";
import { asServer, fetchAlone, startProcess, type TestServer } from "../../src/testing/process";

const MARK = /mark-\w+-\w+/g;

interface Errors {
  secrets: string[];
  /** Each kind of error, and all that is in it. */
  held: [kind: string, inspected: string][];
  ofErrors: string[];
  ofMessages: string[];
}

/** What keeps nothing of the call that failed. */
const WITHOUT = ["undicibroken", "fetchrefused", "pgrefused", "redisrefused", "s3refused"];

let server: TestServer;
let errors: Errors;

beforeAll(async () => {
  server = await asServer(startProcess(join(SERVICE, "failing.js"), { PORT: "0" }));
  errors = (await (await fetchAlone(`${server.url}/errors`)).json()) as Errors;
});
afterAll(() => server.stop());

/** What the process prints while it does what it is asked for, and the marks in that. */
async function printedBy(paths: string[], headers = {}) {
  const before = server.lines.length;
  const errorsBefore = server.stderr().length;
  for (const path of paths) {
    await fetch(`${server.url}${path}`, { headers: { Connection: "close", ...headers } });
  }
  const done = `"path":"/done/${before}"`;
  do await fetchAlone(`${server.url}/done/${before}`);
  while (!server.lines.some((line) => line.includes(done)));
  const lines = server.lines.slice(before).filter((line) => !line.includes('"path":"/done/'));
  const text = lines.join("\n") + server.stderr().slice(errorsBefore);
  return { lines, marks: [...new Set(text.match(MARK))] };
}

describe("what a process prints of errors that hold secrets", () => {
  it("is tried with errors that do hold them", () => {
    const empty = errors.held.filter(([, inspected]) => !inspected.includes("mark-"));
    expect(empty.map(([kind]) => kind)).toEqual(WITHOUT);
  });

  it("has none when handlers throw them", async () => {
    const { lines, marks } = await printedBy(errors.held.map(([kind]) => `/thrown/${kind}`));
    const logged = lines.filter((line) => line.includes('"msg":"request failed"'));
    // A status of 403 is an answer, and no fault.
    expect(logged.length).toBeGreaterThan(errors.held.length - 5);
    expect(marks).toEqual([]);
  });

  it("has none, whatever way they are logged", async () => {
    const found: Record<string, string[]> = {};
    for (const way of errors.ofErrors.filter((name) => name !== "unhandled")) {
      const { lines, marks } = await printedBy([`/logged/${way}`]);
      expect(lines).toHaveLength(errors.held.length + 1);
      if (marks.length > 0) found[way] = marks;
    }
    expect(found).toEqual({});
  });

  it("has none of a request and its response, whatever way they are logged", async () => {
    const found: Record<string, string[]> = {};
    for (const way of errors.ofMessages) {
      const { lines, marks } = await printedBy([`/message/${way}?token=mark-message-query`], {
        Authorization: "Bearer mark-message-header",
        Cookie: "s=mark-message-cookie",
        Referer: "https://ann:mark-message-referer@host/",
        "X-Api-Key": "mark-message-otherheader",
      });
      expect(lines).toHaveLength(2);
      if (marks.length > 0) found[way] = marks;
    }
    expect(found).toEqual({});
  });

  it("has none when nobody handles them", async () => {
    const before = server.lines.length;
    await fetchAlone(`${server.url}/logged/unhandled`);
    expect(await server.exit).toBe(1);
    const text = server.lines.slice(before).join("\n") + server.stderr();
    expect(text.match(/"msg":"uncaught error, draining"/g)).toHaveLength(errors.held.length);
    expect([...new Set(text.match(MARK))]).toEqual([]);
  });
});
