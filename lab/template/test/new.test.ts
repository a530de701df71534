// `npm run new`, in a service that `npm run init` has written: what it writes passes the service's own checks.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { filesIn, packed, read, root, writeService } from "../new-service";

let folder: string;
beforeAll(() => {
  packed();
  folder = writeService("--without", "sample");
});

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
const berth = (...args: string[]) =>
  run(join(root, "packages/berth-dev/bin/berth.js"), "new", ...args);
const tool = (path: string, ...args: string[]) => run(join(root, "node_modules", path), ...args);

/** Every type of field, the names of key words, and two references. */
const ORDERS = [
  ...["class:text(1,80)", "total:money(EUR,USD)", "deposit:money?", "due:date", "note:text?"],
  ...["order:integer(-5,3000000000)", "weight:number", "price:decimal", "isGift:boolean"],
  ...["at:dateTime", "key:uuid:unique", "parcel:id?", "site:url", "state:enum(open,paid)"],
  ...["customerId:references(customers)", "payerId:references(customers)?"],
];

describe("npm run new", () => {
  it("refuses what it cannot write, in one line, and writes nothing", () => {
    const before = filesIn(folder);
    expect(berth("feature", "orders", "customerId:references(customers)")).toEqual({
      status: 2,
      stdout: "",
      stderr: 'new: no migration creates a table "customers" with an id: write its feature first\n',
    });
    expect(berth("feature", "../orders", "item:text")).toMatchObject({ status: 2, stdout: "" });
    expect(berth("feature", "orders", "item:text", "--dry-run")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^would be created {2}src\/features\/orders\/router\.ts \(\d+ lines\)\n/,
      ) as string,
    });
    expect(filesIn(folder)).toEqual(before);
    const outside = spawnSync(
      process.execPath,
      [join(root, "packages/berth-dev/bin/berth.js"), "new", "middleware", "x"],
      { cwd: join(folder, "src"), encoding: "utf8" },
    );
    expect([outside.status, outside.stderr]).toEqual([
      2,
      `new: ${join(folder, "src")} is not a service built on berth: run this in the service's folder\n`,
    ]);
  });

  it("damages no file when it is killed half-way", () => {
    const before = filesIn(folder).map((file) => [file, read(folder, file)]);
    // The first rename would put the changed src/routes.ts in its place.
    const program = `require("node:fs").renameSync = () => process.kill(process.pid, "SIGKILL");
      process.argv.splice(1, 0, "berth");
      require(${JSON.stringify(join(root, "packages/berth-dev/bin/berth.js"))});`;
    const args = ["new", "feature", "killed-ones", "item:text"];
    const killed = spawnSync(process.execPath, ["-e", program, "--", ...args], { cwd: folder });
    expect(killed.signal).toBe("SIGKILL");
    expect(before.map(([file = ""]) => [file, read(folder, file)])).toEqual(before);
    expect(berth(...args.slice(1))).toMatchObject({
      status: 2,
      stderr: "new: src/features/killed-ones exists: choose another name, or remove it\n",
    });
    for (const rest of filesIn(folder)) {
      if (!before.some(([file]) => file === rest)) rmSync(join(folder, rest));
    }
    for (const of of ["src/features", "test/features"])
      rmSync(join(folder, of), { recursive: true });
  });

  it("writes what passes lint, the formatter, the compiler, its tests and the fuzzer", () => {
    for (const args of [
      ["feature", "customers", "name:text(1,80)", "email:email(unique)"],
      ["feature", "orders", ...ORDERS],
      ["middleware", "require-tenant"],
      ["process", "sweeper"],
      ["process", "admin", "--http"],
      ["service", "billing"],
    ]) {
      expect([args, berth(...args)]).toMatchObject([args, { status: 0, stderr: "" }]);
    }
    expect(read(folder, "src/routes.ts")).toMatch(
      /\n {2}app\.use\("\/customers", createCustomersRouter\(services\)\);\n {2}app\.use\("\/orders", /,
    );
    expect(read(folder, ".env.example")).toContain("\n# BILLING_URL=http://localhost:5300\n");
    const code = ["src/features", "test/features"].flatMap((of) => filesIn(folder, of));
    expect(code.filter((file) => /\bnotes?\b/i.test(file))).toEqual([]);

    expect(tool("typescript/bin/tsc", "--noEmit")).toMatchObject({ status: 0, stdout: "" });
    expect(tool("prettier/bin/prettier.cjs", "--check", ".")).toMatchObject({ status: 0 });
    expect(tool("eslint/bin/eslint.js", ".")).toMatchObject({ status: 0, stdout: "" });
    const tests = tool("jest/bin/jest.js", "--maxWorkers", "2");
    expect([tests.status, tests.stderr]).toEqual([
      0,
      expect.stringMatching(/Tests: +(?!.*failed)/),
    ]);
    expect(tests.stderr).toMatch(/PASS .*test\/conformance\.test\.ts/);
  }, 900_000);
});
