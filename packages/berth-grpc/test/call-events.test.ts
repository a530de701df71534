// Calls are published as documented; while nobody listens, nothing is.
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Metadata } from "@grpc/grpc-js";
import { rpcEnd, type RpcEndEvent, type RpcEvent, rpcStart } from "berth/channels";
import { CallError } from "../src/call-error";
import type { Handler } from "../src/handlers";
import { closeGrpc, createClient, startGrpc } from "./support/grpc";

afterEach(async () => {
  jest.restoreAllMocks();
  await closeGrpc();
});

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const number = expect.any(Number) as number;

/** Calls getShip with a trace; resolves once its line is logged, which is after its end. */
async function call(handler: Handler): Promise<void> {
  const { port, log } = await startGrpc({ getShip: handler });
  const metadata = new Metadata();
  metadata.set("traceparent", TRACE);
  await createClient(port)
    .unary("Ships.GetShip", { name: "Aurora" }, metadata)
    .catch(() => undefined);
  while (!log.some(({ msg }) => msg === "call")) await nextTurn();
}

it.each<[string, Handler]>([
  ["OK", (request) => Promise.resolve(request)],
  ["NOT_FOUND", () => Promise.reject(new CallError("NOT_FOUND", "There is no such ship."))],
])("publishes a call that ends with %s, surrounded by its listener", async (code, handler) => {
  const context = new AsyncLocalStorage<string>();
  const seen: { event: object; then: object }[] = [];
  const onStart = (event: RpcEvent) => {
    seen.push({ event, then: { ...event } });
    event.around = (work) => context.run("surrounded", work);
  };
  const onEnd = (event: RpcEvent) => void seen.push({ event, then: { ...event } });
  rpcStart.subscribe(onStart);
  rpcEnd.subscribe(onEnd);
  let inHandler: string | undefined;
  await call((...args) => {
    inHandler = context.getStore();
    return handler(...args);
  });
  rpcStart.unsubscribe(onStart);
  rpcEnd.unsubscribe(onEnd);

  expect(inHandler).toBe("surrounded");
  const started = {
    method: "/test.ships.Ships/GetShip",
    headers: { traceparent: TRACE },
    startedAt: number,
  };
  const around = expect.any(Function) as object;
  expect(seen.map(({ then }) => then)).toEqual([
    started,
    { ...started, around, durationMs: number, code },
  ]);
  expect(seen[0]?.event).toBe(seen[1]?.event);
});

it("publishes the end of a call to a listener of that alone", async () => {
  const codes: string[] = [];
  const onEnd = ({ code }: RpcEndEvent) => void codes.push(code);
  rpcEnd.subscribe(onEnd);
  await call((request) => Promise.resolve(request));
  rpcEnd.unsubscribe(onEnd);
  expect(codes).toEqual(["OK"]);
});

it("publishes nothing while nobody listens", async () => {
  const published = [rpcStart, rpcEnd].map((channel) => jest.spyOn(channel, "publish"));
  await call((request) => Promise.resolve(request));
  for (const publish of published) expect(publish).not.toHaveBeenCalled();
});
