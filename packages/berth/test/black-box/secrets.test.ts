import { join } from "node:path";
import { SERVICE } from "../support/built";
import { asServer, fetchAlone, startProcess, type TestServer } from "../../src/testing/process";

const MARK = /mark-\w+-\w+/g;

interface Errors {
  secrets: string[];
  /** Each kind of error, with everything in it. */
  held: [kind: string, inspected: string][];
  ofErrors: string[];
  ofMessages: string[];
}

/** Errors that contain nothing of the failed call. */
const WITHOUT = ["undicibroken", "fetchrefused", "pgrefused", "redisrefused", "s3refused"];

let server: TestServer;
let errors: Errors;

beforeAll(async () => {
  server = await asServer(startProcess(join(SERVICE, "failing.js"), { PORT: "0" }));
  errors = (await (await fetchAlone(`${server.url}/errors`)).json()) as Errors;
});
afterAll(() => server.stop());

/** The output of the process in a mode, and the marks in it. */
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

describe("the output of a process for errors that contain secrets", () => {
  it("is tested with errors that do contain them", () => {
    const empty = errors.held.filter(([, inspected]) => !inspected.includes("mark-"));
    expect(empty.map(([kind]) => kind)).toEqual(WITHOUT);
  });

  it("has no secrets if handlers throw them", async () => {
    const { lines, marks } = await printedBy(errors.held.map(([kind]) => `/thrown/${kind}`));
    const logged = lines.filter((line) => line.includes('"msg":"request failed"'));
    // A 403 is not logged as an error.
    expect(logged.length).toBeGreaterThan(errors.held.length - 5);
    expect(marks).toEqual([]);
  });

  it("has no secrets, however they are logged", async () => {
    const found: Record<string, string[]> = {};
    for (const way of errors.ofErrors.filter((name) => name !== "unhandled")) {
      const { lines, marks } = await printedBy([`/logged/${way}`]);
      expect(lines).toHaveLength(errors.held.length + 1);
      if (marks.length > 0) found[way] = marks;
    }
    expect(found).toEqual({});
  });

  it("has no secrets of a request and its response, however they are logged", async () => {
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

  it("has no secrets if the errors are uncaught", async () => {
    const before = server.lines.length;
    await fetchAlone(`${server.url}/logged/unhandled`);
    expect(await server.exit).toBe(1);
    const text = server.lines.slice(before).join("\n") + server.stderr();
    expect(text.match(/"msg":"uncaught error, draining"/g)).toHaveLength(errors.held.length);
    expect([...new Set(text.match(MARK))]).toEqual([]);
  });
});
