// What a formation does when others have its ports.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { freeBasePort, startFormation, stopFormations } from "./support";

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

describe("a formation whose ports are taken", () => {
  it.each(["127.0.0.1", "0.0.0.0", "::"])(
    "starts nothing when one is taken on %s, and names who has it and the cure",
    async (host) => {
      const base = await freeBasePort();
      await take(base + 100, host);
      const runner = await startFormation(lines, ["-p", `${base}`]);
      expect(await runner.exited).toBe(1);
      expect(runner.output()).toMatch(
        new RegExp(
          `^port ${base + 100} of db\\.1 is taken by process ${process.pid} \\(.+ in ${process.cwd()}\\): ` +
            "stop it, or choose other ports with -p\n$",
        ),
      );
    },
  );

  it("names each of them", async () => {
    const base = await freeBasePort();
    await take(base, "127.0.0.1");
    await take(base + 100, "127.0.0.1");
    const runner = await startFormation(lines, ["-p", `${base}`]);
    expect(await runner.exited).toBe(1);
    expect(runner.output()).toMatch(
      new RegExp(`^port ${base} of web\\.1 .*\nport ${base + 100} of db\\.1 .*\n$`),
    );
  });

  it("does not mind a port that it gives to nobody", async () => {
    const base = await freeBasePort();
    await take(base + 100, "127.0.0.1");
    const runner = await startFormation(lines, ["-p", `${base}`, "-m", "db=0"]);
    expect(await runner.exited).toBe(0);
  });
});
