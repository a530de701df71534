// Compiles the packages, as far as their sources have changed; `npm ci` runs it, and so does whatever needs them.
"use strict";

const { spawnSync } = require("node:child_process");
const { existsSync, readdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");

/** Where the compiler is, unless a production install has left it out: what is compiled stays as it is. */
function compiler() {
  try {
    return require.resolve("typescript/bin/tsc");
  } catch {
    return undefined;
  }
}

/** Removes what is compiled from a source that is gone. */
function removeStale(folder) {
  const dist = join(folder, "dist");
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const source = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(file)?.[1];
    if (source !== undefined && !existsSync(join(folder, "src", `${source}.ts`)))
      rmSync(join(dist, file));
  }
}

const tsc = compiler();
if (tsc) {
  // Without a terminal nobody waits for it.
  if (process.stderr.isTTY)
    process.stderr.write("compiling the packages, as far as they have changed\n");
  for (const name of readdirSync(__dirname)) removeStale(join(__dirname, name));
  const { status } = spawnSync(process.execPath, [tsc, "-b", "tsconfig.build.json"], {
    cwd: __dirname,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
  // A service may have other packages than this one here.
  if (status === 0 && existsSync(join(__dirname, "berth-dev"))) {
    const { packTemplate } = require("./berth-dev/dist/embedded-postgres/template.js");
    void packTemplate();
  }
}
