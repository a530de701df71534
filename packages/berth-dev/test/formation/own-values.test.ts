import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeOwnValues } from "../../src/formation/own-values";
import { planFormation } from "../../src/formation/plan";
import { parseProcfile } from "../../src/formation/procfile";
import { startFormation, stopFormations } from "./support";

const own = (name: string) => `echo "$0 has $${name}"`;
const line = (name: string) =>
  `X_URL=\${DEV_X_URL:-own} sh -c '${own("X_URL")}; sleep 600' ${name}`;

afterEach(stopFormations);

describe("a variable for which the Procfile has a value of its own", () => {
  it("is not what .env sets, which a line says, but what .env sets as DEV_", async () => {
    const lines = [`web: ${line("web")}`, `other: sh -c '${own("X_URL")}; sleep 600' other`];
    const runner = await startFormation(lines, [], { ".env": "X_URL=production" });
    await runner.waitFor(/web has own\n/);
    await runner.waitFor(/other has production\n/);
    await runner.waitFor(
      /system +\| web\.1: X_URL from \.env is not used in development, set DEV_X_URL to replace the Procfile's own value\n/,
    );
  });

  it.each([
    [{}, {}, []],
    [{ X_URL: "" }, { X_URL: "b" }, []],
    [
      { X_URL: "a" },
      { X_URL: "b" },
      [expect.stringMatching(/^web\.1, web\.2: X_URL from the environment is not used/)],
    ],
    [{ X_URL: "a" }, { DEV_X_URL: "b" }, ["web.1, web.2: X_URL is DEV_X_URL from .env"]],
    [{ DEV_X_URL: "a" }, {}, ["web.1, web.2: X_URL is DEV_X_URL from the environment"]],
  ])("is described for the environment %j and the file %j", (env, envFile, expected) => {
    const procfile = parseProcfile(`web: ${line("web")}`, "Procfile");
    const options = { id: "a", formation: "web=2", port: 5000, inspect: undefined };
    const plan = planFormation(procfile, options, env, envFile);
    expect(describeOwnValues(plan, env, envFile)).toEqual(expected);
  });
});

describe("Procfile.dev", () => {
  it("attaches nothing by a URL that is set for production", () => {
    const procfile = readFileSync(join(__dirname, "../../../../Procfile.dev"), "utf8");
    expect(procfile).toContain("DATABASE_URL=${DEV_DATABASE_URL:-");
    expect(procfile).not.toMatch(/(\w+_URL)=\$\{\1/);
  });
});
