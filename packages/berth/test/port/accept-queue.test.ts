import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { watchAcceptQueue } from "../../src/port/accept-queue";

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

describe("the accept queue", () => {
  afterEach(() => jest.restoreAllMocks());

  it("is drained, so that closing the listener resets no connection, however slow the process is", async () => {
    let now = 0;
    jest.spyOn(performance, "now").mockImplementation(() => (now += 1000));
    const server = createServer((socket) => socket.end("welcome"));
    const acceptWaiting = watchAcceptQueue(server);
    const port = await listen(server);
    // All of them are in the queue before the next turn: Node connects at the end of this tick, and the kernel completes at once.
    const clients = Array.from({ length: 20 }, () => connect(port, "127.0.0.1"));
    const responses = clients.map(async (client) => {
      const [response] = (await once(client, "data")) as [Buffer];
      return String(response);
    });
    await acceptWaiting();
    server.close();
    expect(await Promise.all(responses)).toEqual(clients.map(() => "welcome"));
  });

  it("is abandoned if new connections keep arriving", async () => {
    const server = createServer();
    const acceptWaiting = watchAcceptQueue(server);
    let isOver = false;
    const come = () => {
      server.emit("connection");
      if (!isOver) setImmediate(come);
    };
    come();
    await acceptWaiting();
    isOver = true;
  });
});
