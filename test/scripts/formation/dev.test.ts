// What `npm run dev` does on a terminal, as far as it needs no application: the database of Procfile.dev.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client } from "pg";
import { freeBasePort } from "../../support/formation";

describe("npm run dev", () => {
  it("serves PostgreSQL 100 above the first port, and one Ctrl-C stops it cleanly", async () => {
    const base = await freeBasePort();
    const npm = spawn("npm", ["run", "dev", "--", "-p", String(base), "-m", "web=0"], {
      cwd: join(__dirname, "../../.."),
      env: { ...process.env, DATA_DIR: "memory://" },
      detached: true,
    });
    let output = "";
    npm.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    const closed = once(npm, "close");
    while (!output.includes("ready on")) {
      await Promise.race([
        once(npm.stdout, "data"),
        closed.then(() => Promise.reject(new Error(output))),
      ]);
    }

    const client = new Client({
      connectionString: `postgres://postgres@127.0.0.1:${base + 100}/postgres`,
    });
    await client.connect();
    expect((await client.query("SELECT 1 AS number")).rows).toEqual([{ number: 1 }]);
    await client.end();

    // A terminal signals the whole group; npm passes its own signal on to the runner, which so gets two.
    process.kill(-npm.pid!, "SIGINT");
    await closed;
    expect(output).toContain("db.1   | embedded PostgreSQL ready on");
    expect(output).toContain("system | db.1 exited with code 0");
  });
});
