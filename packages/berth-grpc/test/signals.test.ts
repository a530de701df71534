import { getEventListeners, once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isSet } from "node:util/types";
import { workSignal } from "berth/process";
import type { Handler } from "../src/handlers";
import { ownProtos } from "../src/testing";
import { closeGrpc, createClient, startGrpc } from "./support/grpc";

afterEach(closeGrpc);

/** Counts what a signal keeps alive: its listeners, and the signals that `AbortSignal.any` derived from it. */
function dependentsOf(signal: AbortSignal): number {
  const own = Object.getOwnPropertySymbols(signal).map(
    (name) => (signal as unknown as Record<symbol, unknown>)[name],
  );
  const others = own.map((value) => (isSet(value) ? value.size : 0));
  return others.reduce((sum, size) => sum + size, getEventListeners(signal, "abort").length);
}

describe("a call's signal", () => {
  const ship = { name: "Aurora", fullTonnage: "1", harbour: null };

  it.each([
    ["gets a response", () => Promise.resolve()],
    ["fails", () => Promise.reject(new Error("on purpose"))],
  ])("is aborted when a call %s, and leaves no listener on draining", async (_how, work) => {
    const { signal: draining } = new AbortController();
    const signals: AbortSignal[] = [];
    const keep = (signal: AbortSignal) => {
      signals.push(signal, workSignal(signal, draining));
      return work().then(() => ship);
    };
    const getShip: Handler = (_request, { signal }) => keep(signal);
    const listShips: Handler = async function* (_request, { signal }) {
      yield await keep(signal);
    };
    const { port } = await startGrpc({ getShip, listShips }, { draining });
    const client = createClient(port);
    await client.unary("Ships.GetShip").catch(() => undefined);
    const list = client.stream("Ships.ListShips").resume();
    await once(list, "status").catch(() => undefined);
    expect(signals).toHaveLength(4);
    while (signals.some(({ aborted }) => !aborted)) await nextTurn();
    expect(dependentsOf(draining)).toBe(0);
  });
});

describe("a health watch", () => {
  it("leaves no listener on the process' signals when it ends", async () => {
    const { signal: draining } = new AbortController();
    const { port, log } = await startGrpc({}, { draining });
    const client = createClient(port, ownProtos("health.proto"));
    for (let i = 1; i <= 3; i++) {
      const watch = client.stream("Health.Watch", { service: "" });
      await once(watch, "data");
      watch.cancel();
      while (log.length < i) await nextTurn();
    }
    await nextTurn();
    expect(dependentsOf(draining)).toBe(0);
  });
});
