// What a Procfile may say, and what is said about the rest.
import { parseProcfile } from "../procfile";

describe("parseProcfile", () => {
  it("reads process types in order, past comments, blank lines and CRLF", () => {
    const text = "# all of it\r\nweb: exec node a.js\r\n\r\n  # more\ndb_2:node b.js --x: y  \n";
    expect(parseProcfile(text, "Procfile")).toEqual({
      types: [
        { name: "web", command: "exec node a.js" },
        { name: "db_2", command: "node b.js --x: y" },
      ],
      oneOffs: [],
      warnings: ['not every platform takes "db_2": use a-z, 0-9 and -, at most 63'],
    });
  });

  it("takes preflight and release out of the types that bind ports, to run in this order", () => {
    const text = "release: migrate\nweb: serve\npreflight: build";
    const { types, oneOffs } = parseProcfile(text, "Procfile");
    expect(types).toEqual([{ name: "web", command: "serve" }]);
    expect(oneOffs).toEqual([
      { name: "preflight", command: "build" },
      { name: "release", command: "migrate" },
    ]);
  });

  it("names the line and the cure of each problem", () => {
    const text = "web: a\nweb: b\nnot a process\nworker:\n";
    expect(() => parseProcfile(text, "Procfile.dev")).toThrow(
      new Error(
        [
          'Procfile.dev:2: "web" is already the name of line 1, use another one',
          'Procfile.dev:3: write NAME: COMMAND, not "not a process"',
          'Procfile.dev:4: write NAME: COMMAND, not "worker:"',
        ].join("\n"),
      ),
    );
  });

  it.each(["", "# nothing\n", "release: migrate\npreflight: build"])(
    "refuses %j, which starts nothing",
    (text) => {
      expect(() => parseProcfile(text, "Procfile")).toThrow('Procfile: add a line such as "web:');
    },
  );
});
