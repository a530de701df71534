import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { REPLACED } from "berth/process";
import { ownProtos } from "../src/testing";
import { closeGrpc, createClient, startGrpc } from "./support/grpc";

afterEach(closeGrpc);

const protos = ownProtos("health.proto");

async function start(options: Parameters<typeof startGrpc>[1] = {}) {
  const draining = new AbortController();
  const { port, service } = await startGrpc({}, { draining: draining.signal, ...options });
  const client = createClient(port, protos);
  const check = async (service = "") =>
    (await client.unary<{ status: string }>("Health.Check", { service })).response.status;
  return { client, service, draining, check };
}

const failing = {
  check: () => Promise.reject(new Error("away")),
  isRequired: true,
};

describe("health", () => {
  it("depends on the required backing services", async () => {
    const { check } = await start();
    expect([await check(), await check("test.ships.Ships")]).toEqual(["SERVING", "SERVING"]);
    const away = await start({ attached: { database: failing } });
    expect(await away.check()).toBe("NOT_SERVING");
  });

  it("responds NOT_FOUND for an unknown service", async () => {
    const { check } = await start();
    await expect(check("test.Nobody")).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it("becomes NOT_SERVING as soon as the process drains, for watches, too", async () => {
    const { check, client, draining, service } = await start();
    const watch = client.stream("Health.Watch", { service: "" });
    expect(await once(watch, "data")).toEqual([{ status: "SERVING" }]);
    draining.abort();
    expect(await once(watch, "data")).toEqual([{ status: "NOT_SERVING" }]);
    expect(await check()).toBe("NOT_SERVING");
    const ended = expect(once(watch, "status")).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    await service.drain(5000);
    await ended;
  });

  it("stays SERVING when the process is being replaced", async () => {
    const { check, draining } = await start();
    draining.abort(REPLACED);
    expect(await check()).toBe("SERVING");
  });

  it("is sent to watches when it changes", async () => {
    let isAway = false;
    const check = () => (isAway ? failing.check() : Promise.resolve());
    const { client } = await start({ attached: { database: { check, isRequired: true } } });
    const watch = client.stream("Health.Watch", { service: "test.ships.Ships" });
    expect(await once(watch, "data")).toEqual([{ status: "SERVING" }]);
    isAway = true;
    expect(await once(watch, "data")).toEqual([{ status: "NOT_SERVING" }]);
    watch.cancel();
  });
});
