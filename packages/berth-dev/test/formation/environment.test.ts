import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeOverrides, withoutInspector } from "../../src/formation/environment";
import { planFormation } from "../../src/formation/plan";
import { parseProcfile } from "../../src/formation/procfile";
import { startFormation, stopFormations } from "./support";

const own = (name: string) => `echo "$0 has $${name}"`;
const line = (name: string) =>
  `X_URL=\${DEV_X_URL:-own} sh -c '${own("X_URL")}; sleep 600' ${name}`;

afterEach(stopFormations);

describe("a variable whose value the Procfile sets", () => {
  it("ignores .env, and says that only its DEV_ variable replaces the value", async () => {
    const lines = [`web: ${line("web")}`, `other: sh -c '${own("X_URL")}; sleep 600' other`];
    const runner = await startFormation(lines, [], { ".env": "X_URL=production" });
    await runner.waitFor(/web has own\n/);
    await runner.waitFor(/other has production\n/);
    await runner.waitFor(
      /system +\| web\.1: X_URL from \.env is ignored in development; set DEV_X_URL to override the Procfile's value\n/,
    );
  });

  it("starts no process that only the replaced value mentions, and stops it once it is replaced", async () => {
    const db = `require("net").createServer().listen(process.env.PORT); process.on("SIGTERM", () => { console.log("db ends"); process.exit(); })`;
    const lines = [
      `web: X_URL=\${DEV_X_URL:-x://$DB_PORT} sh -c '${own("X_URL")}; sleep 600' web`,
      `db: exec node -e '${db}'`,
    ];
    const runner = await startFormation(lines);
    await runner.waitFor(/web has x:\/\/\d+\n/);
    writeFileSync(join(runner.directory, ".env"), "DEV_X_URL=other");
    await runner.waitFor(/db ends\n/);
    await runner.waitFor(/web has other\n/);
    const replaced = await startFormation(lines, [], { ".env": "DEV_X_URL=other" });
    await replaced.waitFor(/db is not started, as nothing uses it\n/);
    await replaced.waitFor(/web has other\n/);
    expect(replaced.output()).not.toContain("waiting for db");
  });

  it.each([
    [{}, {}, []],
    [{ X_URL: "" }, { X_URL: "b" }, []],
    [
      { X_URL: "a" },
      { X_URL: "b" },
      [expect.stringMatching(/^web\.1, web\.2: X_URL from the environment is ignored/)],
    ],
    [{ X_URL: "a" }, { DEV_X_URL: "b" }, ["web.1, web.2: X_URL is DEV_X_URL from .env"]],
    [{ DEV_X_URL: "a" }, {}, ["web.1, web.2: X_URL is DEV_X_URL from the environment"]],
  ])("is described for the environment %j and the .env %j", (env, envFile, expected) => {
    const procfile = parseProcfile(`web: ${line("web")}`, "Procfile");
    const options = { id: "a", formation: "web=2", port: 5000, inspect: undefined };
    const plan = planFormation(procfile, options, env, envFile);
    expect(describeOverrides(plan, env, envFile)).toEqual(expected);
  });
});

describe("Procfile.dev", () => {
  it("attaches no backing service by a URL that is set for production", () => {
    const procfile = readFileSync(join(__dirname, "../../../../Procfile.dev"), "utf8");
    expect(procfile).toContain("DATABASE_URL=${DEV_DATABASE_URL:-");
    expect(procfile).not.toMatch(/(\w+_URL)=\$\{\1/);
  });
});

describe("withoutInspector", () => {
  it.each([
    ["--inspect", undefined],
    ["--inspect-brk=0.0.0.0:9229", undefined],
    [
      "--max-old-space-size=99 --inspect=9300 --enable-source-maps",
      "--max-old-space-size=99 --enable-source-maps",
    ],
  ])("removes the inspector of %j, and keeps the rest", (given, NODE_OPTIONS) => {
    const env = NODE_OPTIONS === undefined ? { KEPT: "a" } : { KEPT: "a", NODE_OPTIONS };
    expect(withoutInspector({ KEPT: "a", NODE_OPTIONS: given })).toEqual({ env, inspects: true });
  });

  it.each([{}, { NODE_OPTIONS: "--require ./--inspect.js --inspector-like" }])(
    "does not change %j",
    (env) => {
      expect(withoutInspector(env)).toEqual({ env, inspects: false });
    },
  );
});
