// What the doctor makes of versions, clocks, migrations and answers of programs.
import { judgeAudit } from "../../src/doctor/checks/advisories";
import { judgeClock } from "../../src/doctor/checks/clock";
import { judgeSpace } from "../../src/doctor/checks/disk";
import { judgeApplied, judgeNames } from "../../src/doctor/checks/migrations";
import { judgeNetwork } from "../../src/doctor/checks/network";
import { judgeNewest } from "../../src/doctor/checks/template";
import { judgeVersions } from "../../src/doctor/checks/node";
import { judgeNpm } from "../../src/doctor/checks/npm";
import { publishedPorts } from "../../src/doctor/checks/servers";
import { judgeFolder } from "../../src/doctor/checks/watches";
import { ownVersion } from "../../src/scaffold/service";
import { nearestName } from "../../src/doctor/nearest-name";

const NEEDED = ">=20.19 <27";
const messages = (findings: { level: string; message: string }[]) =>
  findings.map(({ level, message }) => `${level}: ${message}`);

describe("versions of Node", () => {
  const versions = { running: "24.1.0", needed: NEEDED, pins: [], images: [] };

  it("accepts what package.json allows, also where only a major version is named", () => {
    const pins = [{ file: ".nvmrc", version: "24" }];
    const images = [{ file: "Dockerfile", version: "24" }];
    expect(judgeVersions({ ...versions, pins, images })).toEqual([]);
    const oldest = [{ file: "Dockerfile", version: "20" }];
    expect(judgeVersions({ ...versions, images: oldest })).toEqual([]);
  });

  it("reports the version that runs as an error", () => {
    expect(messages(judgeVersions({ ...versions, running: "18.20.4" }))).toEqual([
      "error: this is Node 18.20.4, but package.json requires >=20.19 <27",
    ]);
  });

  it("reports files that name a version which package.json does not allow", () => {
    const images = [{ file: "Dockerfile", version: "18" }];
    expect(messages(judgeVersions({ ...versions, images }))).toEqual([
      "warning: Dockerfile names Node 18, but package.json requires >=20.19 <27",
    ]);
  });

  it("reports a pin that neither this machine nor the image follows", () => {
    const pins = [{ file: ".node-version", version: "22.12.0" }];
    const images = [{ file: "Dockerfile", version: "24" }];
    expect(messages(judgeVersions({ ...versions, pins, images }))).toEqual([
      "warning: this is Node 24.1.0, but .node-version names 22.12.0",
      "warning: .node-version names Node 22.12.0, but Dockerfile runs 24",
    ]);
  });
});

describe("a newer version of Berth", () => {
  it("is reported", () => {
    expect(messages(judgeNewest("999.0.0"))).toEqual([
      `warning: Berth 999.0.0 is newer than the service's ${ownVersion}`,
    ]);
  });

  it.each([
    ["the same", ownVersion],
    ["an older one", "0.0.1"],
    ["no answer", ""],
    ["nonsense", "<html>"],
  ])("is none if the registry has %s", (_, newest) => expect(judgeNewest(newest)).toEqual([]));
});

describe("npm", () => {
  it("accepts supported versions", () => {
    expect([judgeNpm("10.8.2", {}), judgeNpm("11.19.1", {})].flat()).toEqual([]);
  });

  it("reports an old or missing one", () => {
    expect(messages([judgeNpm("9.9.4", {}), judgeNpm("", {})].flat())).toEqual([
      "warning: npm 9.9.4 is older than the one that comes with supported versions of Node",
      "warning: npm cannot be run",
    ]);
  });

  it.each([
    [{ NODE_ENV: "production" }, "NODE_ENV=production", "unset NODE_ENV"],
    [{ npm_config_omit: "optional dev" }, "npm_config_omit=dev", "unset npm_config_omit"],
  ])("reports %j, with which development dependencies are left out", (env, setting, cure) => {
    expect(judgeNpm("11.0.0", env)).toEqual([
      {
        level: "warning",
        message: `${setting} makes npm omit development dependencies, such as this command's`,
        cure,
      },
    ]);
  });
});

describe("npm audit", () => {
  const audit = (vulnerabilities: object) => judgeAudit(JSON.stringify({ vulnerabilities }));

  it("is silent without vulnerabilities", () => {
    expect(audit({})).toEqual([]);
  });

  it("is only noted when the registry does not answer", () => {
    const error = { message: "request failed", error: { code: "ECONNREFUSED" } };
    const note = "note: not checked: the registry does not respond to npm audit";
    expect(messages(judgeAudit(JSON.stringify(error)))).toEqual([note]);
    expect(messages(judgeAudit(""))).toEqual([note]);
  });

  it("lists packages, and whether there is a fix", () => {
    const express = { severity: "high", fixAvailable: true };
    const pino = { severity: "low", fixAvailable: false };
    expect(audit({ express, pino })).toEqual([
      {
        level: "warning",
        message: "production dependencies have known vulnerabilities: express (high), pino (low)",
        cure: "npm audit fix; npm audit shows each",
      },
    ]);
    expect(audit({ pino })[0]?.cure).toBe("npm audit shows each; there is no fixed version yet");
  });
});

describe("the clock", () => {
  it("accepts a difference that a slow response explains", () => {
    expect(judgeClock({ before: 0, database: 7000, after: 10_000 })).toEqual([]);
    expect(judgeClock({ before: 1000, database: 2999, after: 1001 })).toEqual([]);
  });

  it.each([
    [{ before: 0, database: 3_600_000, after: 10 }, "3600 s behind"],
    [{ before: 90_000, database: 0, after: 90_010 }, "90 s ahead of"],
  ])("reports %j", (reading, difference) => {
    expect(messages(judgeClock(reading))).toEqual([
      `warning: this machine's clock is ${difference} the database's: tokens, sessions and job leases expire at the wrong time`,
    ]);
  });
});

describe("names of migrations", () => {
  it("accepts different times", () => {
    expect(judgeNames(["20260101000000_a", "20260102000000_b"])).toEqual([]);
  });

  it("reports two with the same time, and two with the same name", () => {
    expect(messages(judgeNames(["1_a", "1_b"]))).toEqual([
      "warning: migrations 1_a and 1_b have the same time: only the rest of their names determines the order",
    ]);
    expect(messages(judgeNames(["1_a", "1_a"]))).toEqual([
      "error: two features have a migration 1_a: a database applies only one of them",
    ]);
  });
});

describe("applied migrations", () => {
  it("accepts a database that has all of them, in their order", () => {
    expect(judgeApplied(["1_a", "2_b"], ["1_a", "2_b"])).toEqual([]);
  });

  it("reports pending ones", () => {
    expect(messages(judgeApplied(["1_a", "2_b"], ["1_a"]))).toEqual([
      "warning: the development database lacks 2_b",
    ]);
  });

  it("reports a pending one before an applied one", () => {
    expect(messages(judgeApplied(["1_a", "2_b"], ["2_b"]))).toEqual([
      "warning: the development database lacks 1_a",
      "warning: 1_a would be applied after 2_b, which comes later: a new database applies them in the other order",
    ]);
  });

  it("reports those that were applied in another order", () => {
    expect(messages(judgeApplied(["1_a", "2_b"], ["2_b", "1_a"]))).toEqual([
      "warning: the development database has applied 1_a after 2_b: a new database applies them in the other order",
    ]);
  });

  it("reports those without a file", () => {
    expect(messages(judgeApplied([], ["1_a"]))).toEqual([
      "warning: the development database has migrations without a file: 1_a",
    ]);
  });
});

describe("the network", () => {
  const canBind = () => Promise.resolve(true);
  const cannotBind = () => Promise.resolve(false);
  const localhost = (...addresses: string[]) => ({ localhost: () => Promise.resolve(addresses) });

  it("accepts a machine with both protocols", async () => {
    expect(await judgeNetwork({ canBind, ...localhost("127.0.0.1", "::1") })).toEqual([]);
  });

  it("notes what a machine without IPv6 does", async () => {
    const found = await judgeNetwork({ canBind: cannotBind, ...localhost("127.0.0.1", "::1") });
    expect(messages(found)).toEqual([
      "note: this machine has no IPv6: services bind 0.0.0.0 instead of ::, and clients reach them at 127.0.0.1 only",
    ]);
  });

  it("reports a localhost that leads nowhere", async () => {
    const found = await judgeNetwork({ canBind: cannotBind, ...localhost("::1") });
    expect(messages(found)).toContain(
      "warning: localhost has only ::1, and this machine has no IPv6: URLs with localhost will not work",
    );
    expect(messages(await judgeNetwork({ canBind, ...localhost() }))).toEqual([
      "warning: localhost has no address: URLs with localhost will not work",
    ]);
  });
});

describe("the folder", () => {
  it("reports a Windows drive in WSL, and no other folder", () => {
    const kernel = "5.15.167.4-microsoft-standard-WSL2";
    expect(messages(judgeFolder("/mnt/c/app", kernel))).toEqual([
      "warning: /mnt/c/app is on a Windows drive: saves are not noticed, and files are slow",
    ]);
    expect([judgeFolder("/home/ada/app", kernel), judgeFolder("/mnt/c/app", "6.1.0")]).toEqual([
      [],
      [],
    ]);
  });

  it("reports a disk that is nearly full", () => {
    expect(judgeSpace("/app", 400 * 1024 ** 2)).toEqual([]);
    expect(messages(judgeSpace("/app", 12.5 * 1024 ** 2))).toEqual([
      "warning: the disk of /app has 12 MB left",
    ]);
  });
});

it("finds the ports that a Compose file publishes", () => {
  const compose = `
    ports: ["127.0.0.1:5432:5432", "8080:80"]
    ports:
      - 6379:6379
      - "9000"
    image: postgres:18
    interval: 1s`;
  expect(publishedPorts(compose)).toEqual([5432, 8080, 6379]);
});

it("finds the name that was meant, if there is one", () => {
  const names = ["DATABASE_URL", "LOG_LEVEL", "PORT"];
  expect(nearestName("DATABSE_URL", names)).toBe("DATABASE_URL");
  expect(nearestName("LOGLEVEL", names)).toBe("LOG_LEVEL");
  expect(nearestName("PROT", ["HOST", "PORT"])).toBe("PORT");
  expect(nearestName("STRIPE_KEY", names)).toBeUndefined();
});
