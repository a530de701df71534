import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const own = join(__dirname, "../..");
const root = join(own, "../..");

describe("checkInstallation", () => {
  let folder: string;
  const at = (...path: string[]) => join(folder, ...path);

  /** Copies an installed package, or this one, without its own dependencies. */
  function copy(name: string, to: string): void {
    mkdirSync(at(dirname(to)), { recursive: true });
    rmSync(at(to), { recursive: true, force: true });
    if (name === "berth") {
      cpSync(join(own, "package.json"), at(to, "package.json"));
      cpSync(join(own, "dist"), at(to, "dist"), {
        recursive: true,
        filter: (path) => !/\.(ts|map|tsbuildinfo)$/.test(path),
      });
    } else {
      const from = join(root, "node_modules", name);
      const isLeftOut = (path: string) => /[\\/](test|docs|benchmarks|examples)$/.test(path);
      cpSync(from, at(to), { recursive: true, filter: (path) => !isLeftOut(path) });
    }
  }

  const link = (from: string, to: string) => {
    mkdirSync(at(dirname(to)), { recursive: true });
    rmSync(at(to), { recursive: true, force: true });
    symlinkSync(at(from), at(to));
  };

  const edit = (file: string, values: object) => {
    const text = readFileSync(at(file), "utf8");
    writeFileSync(at(file), JSON.stringify({ ...JSON.parse(text), ...values }));
  };

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "installation-")));
    mkdirSync(at("node_modules"));
    // Links for everything that is not copied. Berth's other packages have peers of their own.
    const others = readdirSync(join(root, "node_modules")).filter(
      (name) => !name.startsWith("berth-"),
    );
    for (const name of others)
      symlinkSync(join(root, "node_modules", name), at("node_modules", name));
    for (const name of ["berth", "express", "pino"]) copy(name, `node_modules/${name}`);
    const dependencies = { berth: "0.2.0", express: "^5.3.0", pino: "^10.4.0" };
    writeFileSync(at("package.json"), JSON.stringify({ name: "service", dependencies }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const RUN = `require("express"); require("pino");
    require("berth/process").enter(require("berth/config").processVariables, () => Promise.resolve(0));`;

  /** Runs the service, and returns its warnings. */
  function warningsOf(load: readonly string[] = [], file = "server.js", run = RUN): string[] {
    const loads = load.map((path) => `require(${JSON.stringify(at(path))});`).join("\n");
    writeFileSync(at(file), `${loads}\n${run}`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [at(file)], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { level: string; msg: string })
      .filter(({ level }) => level === "warn")
      .map(({ msg }) => msg);
  }

  it("does not warn about a correct installation", () => {
    expect(warningsOf()).toEqual([]);
  });

  it.each(["express", "pino"])("warns about two copies of %s", (name) => {
    copy(name, `node_modules/other/node_modules/${name}`);
    const places = [at("node_modules", name), at("node_modules/other/node_modules", name)].sort();
    expect(warningsOf([`node_modules/other/node_modules/${name}`])).toEqual([
      expect.stringMatching(
        `^2 copies of ${name} are loaded, from ${places.join(" and ")}: .*npm dedupe .*npm ls ${name} `,
      ),
    ]);
  });

  it("warns about two copies of berth, one of them in a workspace", () => {
    copy("berth", "packages/berth");
    link("packages/berth", "node_modules/berth");
    copy("berth", "node_modules/other/node_modules/berth");
    expect(warningsOf(["node_modules/other/node_modules/berth/dist/exports/schema.js"])).toEqual([
      expect.stringContaining(
        `2 copies of berth are loaded, from ${at("node_modules/other/node_modules/berth")} and ${at("packages/berth")}: `,
      ),
    ]);
  });

  it("warns about two copies installed by pnpm", () => {
    copy("express", "node_modules/.pnpm/express@5.3.0/node_modules/express");
    copy("express", "node_modules/.pnpm/express@5.2.0/node_modules/express");
    link("node_modules/.pnpm/express@5.3.0/node_modules/express", "node_modules/express");
    link("node_modules/.pnpm/express@5.2.0/node_modules/express", "features/node_modules/express");
    expect(warningsOf(["features/node_modules/express"])).toEqual([
      expect.stringMatching(/^2 copies of express .*pnpm dedupe .*pnpm why express /),
    ]);
  });

  it("warns about two copies in a service of ECMAScript modules", () => {
    copy("express", "node_modules/other/node_modules/express");
    const run = `import "express"; import "./node_modules/other/node_modules/express/index.js";
      import { enter } from "berth/process"; import { processVariables } from "berth/config";
      void enter(processVariables, () => Promise.resolve(0));`;
    expect(warningsOf([], "server.mjs", run)).toEqual([
      expect.stringContaining("2 copies of express are loaded"),
    ]);
  });

  it("warns about a Node version that the service or berth does not support", () => {
    edit("package.json", { engines: { node: ">=99" } });
    edit("node_modules/berth/package.json", { engines: { node: "^18.0.0" } });
    expect(warningsOf()).toEqual([
      `Node ${process.versions.node} is not supported: berth needs ^18.0.0. Run it with a supported version`,
      `Node ${process.versions.node} is not supported: service needs >=99. Run it with a supported version`,
    ]);
  });

  it("warns about packages whose version does not match package.json", () => {
    const dependencies = { berth: "file:vendor/berth-1.0.0.tgz", express: "^4.0.0" };
    edit("package.json", { dependencies });
    const express = JSON.parse(readFileSync(at("node_modules/express/package.json"), "utf8")) as {
      version: string;
    };
    expect(warningsOf()).toEqual([
      "berth 0.2.0 is installed, but service needs file:vendor/berth-1.0.0.tgz: run npm install",
      `express ${express.version} is installed, but service needs ^4.0.0: run npm install`,
    ]);
  });

  it("warns about an Express version that berth does not support", () => {
    edit("package.json", { dependencies: { berth: "0.2.0", express: "*" } });
    edit("node_modules/express/package.json", { version: "6.0.0" });
    expect(warningsOf()).toEqual([
      'express 6.0.0 is installed, but berth needs ^5.3.0: run npm install express@"^5.3.0"',
    ]);
  });

  it("finds the service's package.json above one without a name", () => {
    writeFileSync(at("package.json"), JSON.stringify({ name: "service", engines: { node: "1" } }));
    mkdirSync(at("dist"));
    writeFileSync(at("dist/package.json"), '{"type":"commonjs"}');
    expect(warningsOf([], "dist/server.js")).toHaveLength(1);
  });
});
