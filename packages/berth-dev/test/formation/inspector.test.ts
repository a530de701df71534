// Which inspectors are left out of NODE_OPTIONS.
import { withoutInspector } from "../../src/formation/inspector";

describe("withoutInspector", () => {
  it.each([
    ["--inspect", undefined],
    ["--inspect-brk=0.0.0.0:9229", undefined],
    [
      "--max-old-space-size=99 --inspect=9300 --enable-source-maps",
      "--max-old-space-size=99 --enable-source-maps",
    ],
  ])("leaves that of %j out, and keeps the rest", (given, NODE_OPTIONS) => {
    const env = NODE_OPTIONS === undefined ? { KEPT: "a" } : { KEPT: "a", NODE_OPTIONS };
    expect(withoutInspector({ KEPT: "a", NODE_OPTIONS: given })).toEqual({ env, inspects: true });
  });

  it.each([{}, { NODE_OPTIONS: "--require ./--inspect.js --inspector-like" }])(
    "leaves %j as it is",
    (env) => {
      expect(withoutInspector(env)).toEqual({ env, inspects: false });
    },
  );
});
