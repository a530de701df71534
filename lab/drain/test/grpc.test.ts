import { startServer, until } from "port-contract/harness";
import { PYTHON, requireClient, startClient } from "../grpc/client";
import { ranTwice, SERVICE } from "../grpc/experiment";
import { createJournal } from "../load/journal";

const hasClient = (() => {
  try {
    requireClient(PYTHON);
    return true;
  } catch {
    return false;
  }
})();

it("names the package to install", () => {
  expect(() => requireClient("/no/python")).toThrow(
    "gRPC for Python is not installed: apt-get install python3-grpcio",
  );
});

(hasClient ? describe : describe.skip)("the gRPC client, which needs python3-grpcio", () => {
  async function start() {
    const journal = createJournal();
    const env = { DRAIN_JOURNAL: journal.path };
    const server = await startServer([process.execPath, SERVICE], { isolated: true, env });
    const stopClient = startClient([server.port], 1);
    const kinds = () => new Set(journal.executions().map(({ id }) => id.split("-")[0]));
    expect(await until(() => kinds().size === 3, 60_000)).toBe(true);
    return { server, journal, stopClient };
  }

  it("counts calls, and the health statuses that it receives", async () => {
    const { server, journal, stopClient } = await start();
    const became = await stopClient();
    await server.reap();
    const ran = (kind: string) =>
      journal.executions().filter(({ id }) => id.startsWith(`${kind}-`)).length;
    expect(became).toEqual({
      get: { OK: ran("get") },
      create: { OK: ran("create") },
      list: { OK: ran("list") },
      health: { SERVING: 1 },
    });
    journal.remove();
  });

  it("counts failures", async () => {
    const { server, journal, stopClient } = await start();
    await server.reap();
    const { list } = await stopClient();
    expect(list.UNAVAILABLE).toBeGreaterThan(0);
    journal.remove();
  });
});

describe("ranTwice()", () => {
  it("counts creates that ran twice, on any process, once each", () => {
    const ran = (id: string, pid: number) => ({ id, pid, isDone: false });
    const all = [ran("create-1", 7), ran("create-1", 8), ran("create-1", 9), ran("create-2", 7)];
    expect(ranTwice([...all, ran("get-1", 7), ran("get-1", 8)])).toBe(1);
  });
});
