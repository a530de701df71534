// The client of the fuzzer: what it says of a response that does not end in time.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connectTo, ResponseTimeout, type Service } from "../../src/fuzz/exchange";

const RECEIVED = "http.client.response.finish";

let server: Server;
let service: Service | undefined;

/** Only the client's clock: sockets use timers of their own. */
beforeEach(() => jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] }));

afterEach(() => {
  jest.useRealTimers();
  service?.close();
  server.closeAllConnections();
  server.close();
});

async function connect(listener: RequestListener): Promise<Service> {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  service = connectTo(`http://127.0.0.1:${port}`, 100);
  return service;
}

/** Resolves when a client has received the head of a response. */
const headReceived = () =>
  new Promise<void>((resolve) => {
    const received = () => {
      unsubscribe(RECEIVED, received);
      setImmediate(resolve);
    };
    subscribe(RECEIVED, received);
  });

const get = { method: "GET", target: "/ships", headers: {} };

it("says that there was no response", async () => {
  const client = await connect(() => undefined);
  const response = client.exchange(get);
  await once(server, "request");
  jest.advanceTimersByTime(100);
  await expect(response).rejects.toEqual(new ResponseTimeout("no response within 100 ms"));
});

it("says that a response did not end", async () => {
  const client = await connect((_req, res) => void res.writeHead(200).write("{"));
  const received = headReceived();
  const response = client.exchange(get);
  await received;
  jest.advanceTimersByTime(100);
  await expect(response).rejects.toEqual(
    new ResponseTimeout(
      'the response did not end within 100 ms: end it, or describe an event stream, { mediaType: "text/event-stream" }',
    ),
  );
});
