// What a Procfile may contain, and the error messages for the rest.
import { parseProcfile } from "../../src/formation/procfile";

describe("parseProcfile", () => {
  it("reads process types in order, and skips comments, blank lines and CRLF", () => {
    const text = "# all of it\r\nweb: exec node a.js\r\n\r\n  # more\ndb_2:node b.js --x: y  \n";
    expect(parseProcfile(text, "Procfile")).toEqual({
      types: [
        { name: "web", command: "exec node a.js" },
        { name: "db_2", command: "node b.js --x: y" },
      ],
      oneOffs: [],
      counts: new Map(),
      warnings: ['not every platform accepts the name "db_2": use a-z, 0-9 and -, at most 63'],
    });
  });

  it("separates preflight and release, in this order, from the types that bind ports", () => {
    const text = "release: migrate\nweb: serve\npreflight: build";
    const { types, oneOffs } = parseProcfile(text, "Procfile");
    expect(types).toEqual([{ name: "web", command: "serve" }]);
    expect(oneOffs).toEqual([
      { name: "preflight", command: "build" },
      { name: "release", command: "migrate" },
    ]);
  });

  it("reads counts from comments anywhere in the file", () => {
    const text = "# formation: db=0\nweb: a\n#formation:web=2,\tall=3\n# formations: b\ndb: c";
    const { counts } = parseProcfile(text, "Procfile");
    expect(Object.fromEntries(counts)).toEqual({ db: 0, web: 2, all: 3 });
  });

  it.each([
    ["# formation: wbe=0", 'Procfile:1: formation names "wbe", but the Procfile has only web'],
    ["# formation: web", "Procfile:1: formation takes NAME=COUNT,… with counts from 0 to 100"],
  ])("rejects the comment %s", (comment, message) => {
    expect(() => parseProcfile(`${comment}\nweb: a`, "Procfile")).toThrow(message);
  });

  it("reports the line and the cure of each problem", () => {
    const text = "web: a\nweb: b\nnot a process\nworker:\n";
    expect(() => parseProcfile(text, "Procfile.dev")).toThrow(
      new Error(
        [
          'Procfile.dev:2: "web" is already defined in line 1, use another name',
          'Procfile.dev:3: write NAME: COMMAND, not "not a process"',
          'Procfile.dev:4: write NAME: COMMAND, not "worker:"',
        ].join("\n"),
      ),
    );
  });

  it.each(["", "# nothing\n", "release: migrate\npreflight: build"])(
    "rejects %j, which has no process type",
    (text) => {
      expect(() => parseProcfile(text, "Procfile")).toThrow('Procfile: add a line such as "web:');
    },
  );
});
