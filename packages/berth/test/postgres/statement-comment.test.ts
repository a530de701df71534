import { withComment } from "../../src/postgres/statement-comment";
import { keepWorkContexts, runInWorkContext } from "../../src/process/work-context";
import { createTestLogger } from "../../src/testing/app";

keepWorkContexts();

/** The statement as it is sent for work that takes this along. */
function sentWith(travels: Readonly<Record<string, string>>): string {
  let sent = "";
  const { logger } = createTestLogger();
  const context = { logger, fields: () => ({}), travels: () => travels };
  runInWorkContext(context, () => (sent = withComment("SELECT 1")));
  return sent;
}

describe("a statement", () => {
  it("says what it is for, by name", () => {
    expect(sentWith({ "x-request-id": "r1", traceparent: "00-1-2-01" })).toBe(
      "SELECT 1 /*traceparent='00-1-2-01',x-request-id='r1'*/",
    );
  });

  it("says nothing where there is nothing to say", () => {
    expect(sentWith({})).toBe("SELECT 1");
    expect(withComment("SELECT 1")).toBe("SELECT 1");
  });

  it.each(["*/ DROP TABLE notes; --", "' OR 1=1", "$1", "%27", "\u{1f6a2}", "a\0b"])(
    "says nothing that could end the comment: %j",
    (id) => {
      const [, quoted = ""] =
        /^SELECT 1 \/\*x-request-id='([\w%.~!()-]*)'\*\/$/.exec(sentWith({ "x-request-id": id })) ??
        [];
      expect(decodeURIComponent(quoted)).toBe(id);
    },
  );
});
