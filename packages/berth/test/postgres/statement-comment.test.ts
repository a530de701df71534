import { withComment } from "../../src/postgres/statement-comment";
import { keepWorkContexts, runInWorkContext } from "../../src/process/work-context";
import { createTestLogger } from "../../src/testing/app";

keepWorkContexts();

/** The statement as it is sent in a context that propagates these headers. */
function sentWith(headers: Readonly<Record<string, string>>): string {
  let sent = "";
  const { logger } = createTestLogger();
  const context = { logger, fields: () => ({}), headersToPropagate: () => headers };
  runInWorkContext(context, () => (sent = withComment("SELECT 1")));
  return sent;
}

describe("the comment of a statement", () => {
  it("has the propagated headers, sorted by name", () => {
    expect(sentWith({ "x-request-id": "r1", traceparent: "00-1-2-01" })).toBe(
      "SELECT 1 /*traceparent='00-1-2-01',x-request-id='r1'*/",
    );
  });

  it("is left out when there is nothing to propagate", () => {
    expect(sentWith({})).toBe("SELECT 1");
    expect(withComment("SELECT 1")).toBe("SELECT 1");
  });

  it.each(["*/ DROP TABLE notes; --", "' OR 1=1", "$1", "%27", "\u{1f6a2}", "a\0b"])(
    "cannot be ended by a value: %j",
    (id) => {
      const [, quoted = ""] =
        /^SELECT 1 \/\*x-request-id='([\w%.~!()-]*)'\*\/$/.exec(sentWith({ "x-request-id": id })) ??
        [];
      expect(decodeURIComponent(quoted)).toBe(id);
    },
  );
});
