// Which instances a formation has, with which ports and variables.
import { planFormation } from "../../src/formation/plan";
import { parseProcfile } from "../../src/formation/procfile";

const options = { id: "a", formation: "all=1", port: undefined, inspect: undefined };
const procfile = parseProcfile(
  "preflight: e\nweb: a\nworker: b\ndb-main: c\nrelease: d",
  "Procfile",
);

function portsOf(formation: string, port?: number): Record<string, string | undefined> {
  const { instances } = planFormation(procfile, { ...options, formation, port }, {}, {});
  return Object.fromEntries(instances.map(({ name, env }) => [name, env.PORT]));
}

describe("planFormation", () => {
  it("assigns ports from 5000, 100 for each type and 1 for each instance, and skips types without instances", () => {
    expect(portsOf("web=2,worker=0")).toEqual({
      "web.1": "5000",
      "web.2": "5001",
      "db-main.1": "5200",
    });
  });

  it("applies all=N to the types that are not named", () => {
    expect(portsOf("all=0, worker=2", 7000)).toEqual({ "worker.1": "7100", "worker.2": "7101" });
  });

  describe("with the Procfile's counts", () => {
    const procfile = parseProcfile(
      "release: a $DB_PORT\nweb: b\ndb: c\nshop: d $WEB_PORT\nmail: e\n# formation: shop=0,mail=0",
      "Procfile",
    );
    const namesOf = (formation: string | undefined, types: string[] = []) =>
      planFormation(procfile, { ...options, formation, types }, {}, {}).names.join(" ");

    it.each([
      ["nothing", undefined, [], "web.1 db.1 release.1"],
      ["a count of another type", "web=2", [], "web.1 web.2 db.1 release.1"],
      ["a count of its own", "shop=1", [], "web.1 db.1 shop.1 release.1"],
      ["all", "all=1", [], "web.1 db.1 shop.1 mail.1 release.1"],
      ["its name, with what it waits for", undefined, ["shop"], "web.1 db.1 shop.1 release.1"],
      ["another's name, and what release waits for", undefined, ["mail"], "db.1 mail.1 release.1"],
      ["names and counts", "db=0,web=2", ["shop"], "web.1 web.2 shop.1 release.1"],
    ])("starts the right instances when asked for %s", (_what, formation, types, expected) => {
      expect(namesOf(formation, types)).toBe(expected);
    });

    it("rejects an unknown type", () => {
      expect(() => namesOf(undefined, ["shp"])).toThrow(
        new Error(
          '"shp" is neither the command restart nor a type in the Procfile: web, db, shop, mail',
        ),
      );
    });
  });

  describe("with a default that is not used", () => {
    const database = "A_URL=${DEV_A_URL:-a://${DB_PORT}/$FORMATION_ID}";
    const procfile = parseProcfile(
      `release: ${database} a\nweb: ${database} b\ndb: c\nshop: d \${DEV_B_URL:-$WEB_PORT}\n# formation: shop=0`,
      "Procfile",
    );
    const planOf = (
      env: NodeJS.ProcessEnv,
      { formation, types = [] }: { formation?: string; types?: string[] } = {},
    ) => planFormation(procfile, { ...options, formation, types }, env, { DEV_A_URL: "a" });
    const unused = "db is not started, as nothing uses it";

    it.each([
      ["the .env file sets the variable", {}, {}, "web.1 release.1", [unused]],
      ["the environment empties it", { DEV_A_URL: "" }, {}, "web.1 db.1 release.1", []],
      ["another count is given", {}, { formation: "web=2" }, "web.1 web.2 release.1", [unused]],
      ["it is named", {}, { types: ["web", "db"] }, "web.1 db.1 release.1", []],
      ["its count is given", {}, { formation: "db=1" }, "web.1 db.1 release.1", []],
      ["all counts are given", {}, { formation: "all=1" }, "web.1 db.1 shop.1 release.1", []],
      [
        "a type that would wait is named",
        { DEV_B_URL: "b" },
        { types: ["shop"] },
        "shop.1 release.1",
        ["web is not started, as nothing uses it", unused],
      ],
    ])("starts what is used when %s", (_when, env, asked, names, notes) => {
      const plan = planOf(env, asked);
      expect(plan.names.join(" ")).toBe(names);
      expect(plan.notes).toEqual(notes.map((note) => expect.stringContaining(note) as string));
    });

    it("awaits no port that is not used, and says which one will be missing", () => {
      expect(planOf({}).stages.map((stage) => stage.map(({ name }) => name))).toEqual([
        ["release.1"],
        ["web.1"],
      ]);
      expect(planOf({ DEV_A_URL: "" }, { formation: "db=0" }).notes).toEqual([
        "db is not started, but release, web mention its port, $DB_PORT",
      ]);
    });
  });

  it("gives each process the id and the first port of every type, whatever the environment sets", () => {
    const { stages, instances } = planFormation(
      procfile,
      { ...options, formation: "all=1,worker=0", port: 7000 },
      { KEPT: "env", OVER: "env", DB_MAIN_PORT: "1", FORMATION_ID: "z" },
      { OVER: ".env" },
    );
    const shared = { FORMATION_ID: "a", KEPT: "env", OVER: "env" };
    const ports = { WEB_PORT: "7000", WORKER_PORT: "7100", DB_MAIN_PORT: "7200" };
    expect(instances.map(({ env }) => env)).toEqual([
      { ...shared, ...ports, PORT: "7000" },
      { ...shared, ...ports, PORT: "7200" },
    ]);
    const oneOff = { awaited: "end", env: { ...shared, ...ports } };
    expect(stages.slice(0, 2)).toEqual([
      [{ name: "preflight.1", command: "e", ...oneOff }],
      [{ name: "release.1", command: "d", ...oneOff }],
    ]);
  });

  it.each([
    ["the flag", 7000, { PORT: "8000" }, { PORT: "9000" }, "7000"],
    ["the .env file", undefined, { PORT: "8000" }, { PORT: "9000" }, "9000"],
    ["the environment", undefined, { PORT: "8000" }, {}, "8000"],
    ["the default", undefined, {}, {}, "5000"],
  ])("takes the first port from %s", (_source, port, env, envFile, expected) => {
    const plan = planFormation(procfile, { ...options, port }, env, envFile);
    expect(plan.instances[0]?.env.PORT).toBe(expected);
  });

  it("gives each instance a debugger port with --inspect, each one higher", () => {
    const plan = planFormation(procfile, { ...options, formation: "web=2", inspect: 9300 }, {}, {});
    expect(plan.instances.map(({ env }) => env.INSPECT_PORT)).toEqual([
      "9300",
      "9301",
      "9302",
      "9303",
    ]);
  });

  const stagesOf = (lines: string[], formation = "all=1") => {
    const { stages } = planFormation(
      parseProcfile(lines.join("\n"), "Procfile"),
      { ...options, formation },
      {},
      {},
    );
    return stages.map((stage) =>
      stage.map(({ name, awaited }) => `${name} ${awaited ?? ""}`.trim()),
    );
  };

  it.each([
    ["release first", ["web: a", "release: b", "worker: c"], ["release.1 end", "web.1, worker.1"]],
    [
      "what release needs, and what that needs, before it",
      ["web: a", "release: b $DB_PORT", "db: c ${DISK_PORT:-1}", "disk: d"],
      ["disk.1 port", "db.1 port", "release.1 end", "web.1"],
    ],
    [
      "what only a worker needs after release",
      ["worker: $MY_QUEUE_PORT", "my-queue: $PORT", "release: b", "web: $WEB_PORT"],
      ["release.1 end", "my-queue.1 port, web.1", "worker.1"],
    ],
    [
      "nothing late for names that only look alike",
      ["web: $DB_PORTS $MY_DB_PORT", "db: a"],
      ["web.1, db.1"],
    ],
  ])("starts %s", (_what, lines, expected) => {
    expect(stagesOf(lines).map((stage) => stage.join(", "))).toEqual(expected);
  });

  it("does not wait for a type without instances", () => {
    const lines = ["release: $DB_PORT", "web: $DB_PORT", "db: a"];
    expect(stagesOf(lines, "db=0")).toEqual([["release.1 end"], ["web.1"]]);
  });

  it("rejects lines that wait for each other", () => {
    expect(() => stagesOf(["web: $API_PORT", "api: $WEB_PORT", "db: a"])).toThrow(
      "web, api wait for each other, as each mentions another's port: let one of them read it from its environment instead",
    );
  });

  it.each([
    ["web", '-m takes NAME=COUNT,… with counts from 0 to 100, not "web"'],
    ["web=101", '-m takes NAME=COUNT,… with counts from 0 to 100, not "web=101"'],
    ["web=-1", '-m takes NAME=COUNT,… with counts from 0 to 100, not "web=-1"'],
    ["wbe=1", '-m names "wbe", but the Procfile has only web, worker, db-main'],
    ["preflight=1", '-m names "preflight", but the Procfile has only web, worker, db-main'],
    ["all=0", "the formation starts nothing: raise a count in -m"],
  ])("rejects the formation %s", (formation, message) => {
    expect(() => portsOf(formation)).toThrow(new Error(message));
  });

  it("rejects ports above 65535", () => {
    expect(() => portsOf("all=1", 65400)).toThrow("reach 65600: choose a lower first port with -p");
    const plan = () => planFormation(procfile, options, { PORT: "0" }, {});
    expect(plan).toThrow('PORT must be a whole number from 1 to 65535, not "0"');
  });
});
