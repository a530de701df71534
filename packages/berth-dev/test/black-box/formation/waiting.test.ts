// What the processes of a formation wait for: ports that their lines mention, release, and changes of .env.
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startFormation, stopFormations, type Runner } from "../../formation/support";

/** Listens after a delay. */
const db = `db: sleep 0.3; exec node -e "require('net').createServer().listen(process.env.PORT)"`;
/** Fails unless something listens on the port. */
const asks = (name: string, port: string) =>
  `node -e "require('net').connect(process.argv[1]).on('connect', function () { console.log('${name} is connected'); this.destroy() })" ${port}`;

afterEach(stopFormations);

const save = (runner: Runner, text: string) => writeFileSync(join(runner.directory, ".env"), text);

describe("a line that mentions another type's port", () => {
  it("starts once that port is open, including release; the other lines start after release", async () => {
    const runner = await startFormation([
      `worker: ${asks("worker", "$QUEUE_PORT")}; sleep 600`,
      "web: echo serving; sleep 600",
      `release: ${asks("release", "$DB_PORT")}`,
      db,
      db.replace("db:", "queue:"),
    ]);
    await runner.waitFor(/worker is connected/);
    const events = ["db.1 started", "release is connected", "release.1 exited with code 0"];
    const both = ["web.1 started", "queue.1 started", "worker.1 started"];
    const order = [...events, ...both].map((event) => runner.output().indexOf(event));
    expect(order.slice(0, 4)).toEqual(order.slice(0, 4).toSorted((a, b) => a - b));
    expect(order[4]).toBeLessThan(order[5] as number);
    expect(runner.output()).toMatch(/waiting for db\.1 to listen on port \d+\n/);
  });

  it("does not start when the other process exits instead, which ends the formation", async () => {
    const runner = await startFormation(["web: echo served $DB_PORT", "db: sleep 0.1; exit 5"]);
    expect(await runner.exited).toBe(5);
    expect(runner.output()).not.toContain("served");
  });
});

describe("a changed .env", () => {
  it("restarts the processes, release first, and keeps those that others wait for", async () => {
    const runner = await startFormation(
      [
        'web: echo "web has $ASKED, and $SET"; sleep 600',
        'release: echo "release has $ASKED" $DB_PORT',
        db,
      ],
      [],
      {},
      { SET: "shell" },
    );
    await runner.waitFor(/web has , and shell/);
    save(runner, "ASKED=one\nSET=file");
    await runner.waitFor(/release has one[^]*web has one, and shell/);
    save(runner, "ASKED=two");
    await runner.waitFor(/release has two[^]*web has two,/);
    rmSync(join(runner.directory, ".env"));
    await runner.waitFor(/web has two,[^]*web has , and/);
    expect(runner.output().match(/db\.1 started/g)).toHaveLength(1);
    expect(runner.output().match(/web\.1 ended by SIGTERM/g)).toHaveLength(3);
  });

  it("does not end the formation when release fails: the next change tries again", async () => {
    const runner = await startFormation([
      'web: echo "web has $ASKED"; sleep 600',
      'release: [ "$ASKED" != bad ]',
    ]);
    await runner.waitFor(/web has \n/);
    save(runner, "ASKED=bad");
    await runner.waitFor(
      /release\.1 failed: the processes after it are not started until \.env changes\n/,
    );
    save(runner, "ASKED=good");
    await runner.waitFor(/web has good\n/);
    expect(runner.output()).not.toContain("web has bad");
  });

  it("restarts nothing while the file cannot be read, and says so", async () => {
    const runner = await startFormation(['web: echo "web has $ASKED"; exec sleep 600']);
    await runner.waitFor(/web has \n/);
    const file = join(runner.directory, ".env");
    mkdirSync(file);
    await runner.waitFor(
      /\| \S+\/\.env: cannot be read: it is a folder\. Remove or rename it; no process is restarted\n/,
    );
    rmdirSync(file);
    save(runner, "ASKED=one");
    await runner.waitFor(/web has one\n/);
    expect(runner.output().match(/web\.1 ended by SIGTERM/g)).toHaveLength(1);
    expect(runner.output().match(/cannot be read/g)).toHaveLength(1);
  });
});
