// Which instances a formation has, on which ports and with which variables.
import { planFormation } from "../plan";
import { parseProcfile } from "../procfile";

const procfile = parseProcfile(
  "preflight: e\nweb: a\nworker: b\ndb-main: c\nrelease: d",
  "Procfile",
);

function portsOf(formation: string, port?: number): Record<string, string | undefined> {
  const { instances } = planFormation(procfile, { id: "a", formation, port }, {}, {});
  return Object.fromEntries(instances.map(({ name, env }) => [name, env.PORT]));
}

describe("planFormation", () => {
  it("counts ports from 5000 by 100 a type and 1 an instance, also past types without any", () => {
    expect(portsOf("web=2,worker=0")).toEqual({
      "web.1": "5000",
      "web.2": "5001",
      "db-main.1": "5200",
    });
  });

  it("takes all=N for the types that are not named", () => {
    expect(portsOf("all=0, worker=2", 7000)).toEqual({ "worker.1": "7100", "worker.2": "7101" });
  });

  it("tells each process the id and the first ports of all, whatever they are set to", () => {
    const { oneOffs, instances } = planFormation(
      procfile,
      { id: "a", formation: "all=1,worker=0", port: 7000 },
      { KEPT: "env", OVER: "env", DB_MAIN_PORT: "1", FORMATION_ID: "z" },
      { OVER: ".env" },
    );
    const shared = { FORMATION_ID: "a", KEPT: "env", OVER: "env" };
    const ports = { WEB_PORT: "7000", WORKER_PORT: "7100", DB_MAIN_PORT: "7200" };
    expect(instances.map(({ env }) => env)).toEqual([
      { ...shared, ...ports, PORT: "7000" },
      { ...shared, ...ports, PORT: "7200" },
    ]);
    expect(oneOffs).toEqual([
      { name: "preflight.1", command: "e", env: { ...shared, ...ports } },
      { name: "release.1", command: "d", env: { ...shared, ...ports } },
    ]);
  });

  it.each([
    ["the flag", 7000, { PORT: "8000" }, { PORT: "9000" }, "7000"],
    ["the .env file", undefined, { PORT: "8000" }, { PORT: "9000" }, "9000"],
    ["the environment", undefined, { PORT: "8000" }, {}, "8000"],
    ["the default", undefined, {}, {}, "5000"],
  ])("takes the first port from %s", (_source, port, env, envFile, expected) => {
    const plan = planFormation(procfile, { id: "a", formation: "web=1", port }, env, envFile);
    expect(plan.instances[0]?.env.PORT).toBe(expected);
  });

  it.each([
    ["web", '-m takes NAME=COUNT,… with counts from 0 to 100, not "web"'],
    ["web=101", '-m takes NAME=COUNT,… with counts from 0 to 100, not "web=101"'],
    ["web=-1", '-m takes NAME=COUNT,… with counts from 0 to 100, not "web=-1"'],
    ["wbe=1", '-m names "wbe", but the Procfile has only web, worker, db-main'],
    ["preflight=1", '-m names "preflight", but the Procfile has only web, worker, db-main'],
    ["all=0", "the formation starts nothing: raise a count in -m"],
  ])("refuses the formation %s", (formation, message) => {
    expect(() => portsOf(formation)).toThrow(new Error(message));
  });

  it("refuses ports that do not exist", () => {
    expect(() => portsOf("all=1", 65400)).toThrow("reach 65600: choose a lower one with -p");
    const plan = () =>
      planFormation(procfile, { id: "a", formation: "web=1", port: undefined }, { PORT: "0" }, {});
    expect(plan).toThrow('PORT must be a whole number from 1 to 65535, not "0"');
  });
});
