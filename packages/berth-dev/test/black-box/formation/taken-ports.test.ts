// What a formation does when its ports are in use.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { freeBasePort, startFormation, stopFormations } from "../../formation/support";

const lines = ["release: echo released", "web: echo started", "db: echo started"];
let taken: Server[] = [];

afterEach(async () => {
  await stopFormations();
  taken.forEach((server) => server.close());
  taken = [];
});

async function take(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  taken.push(server);
  await once(server, "listening");
}

describe("a formation whose ports are in use", () => {
  it.each(["127.0.0.1", "0.0.0.0", "::"])(
    "starts nothing when one is in use on %s, and names the process that has it and the cure",
    async (host) => {
      const base = await freeBasePort();
      await take(base + 100, host);
      const runner = await startFormation(lines, ["-p", `${base}`]);
      expect(await runner.exited).toBe(1);
      expect(runner.output()).toMatch(
        new RegExp(
          `^port ${base + 100} of db\\.1 is in use by process ${process.pid} \\(.+ in ${process.cwd()}\\): ` +
            "stop it, or choose other ports with -p\n$",
        ),
      );
    },
  );

  it("names each port in use", async () => {
    const base = await freeBasePort();
    await take(base, "127.0.0.1");
    await take(base + 100, "127.0.0.1");
    const runner = await startFormation(lines, ["-p", `${base}`]);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toMatch(
      new RegExp(`^port ${base} of web\\.1 .*\nport ${base + 100} of db\\.1 .*\n$`),
    );
  });

  it("ignores a port that no instance has", async () => {
    const base = await freeBasePort();
    await take(base + 100, "127.0.0.1");
    const runner = await startFormation(lines, ["-p", `${base}`, "-m", "db=0"]);
    expect(await runner.exited).toBe(0);
  });
});
