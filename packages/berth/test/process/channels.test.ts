// What happens is published with the documented fields; while nobody listens, nothing is published or made for a listener.
import * as channels from "../../src/process/channels";
import { createRedis } from "../../src/redis/redis";
import { createTestLogger } from "../../src/testing/app";
import { createTestRedis, describeWithRedis } from "../../src/testing/redis";
import { CASES, type Events, timed } from "../support/channel-cases";

const all: readonly channels.EventChannel<object>[] = Object.values(channels);

/** What is published meanwhile: each event as it was then. */
async function eventsOf(work: () => Promise<unknown>, of = all): Promise<Events> {
  const events: Events = [];
  const ends = of.map((channel) => {
    const listener = (event: object) => void events.push([String(channel.name), { ...event }]);
    channel.subscribe(listener);
    return () => channel.unsubscribe(listener);
  });
  await work().finally(() => ends.forEach((end) => end()));
  return events;
}

afterEach(() => jest.restoreAllMocks());

describe("a listener of all channels", () => {
  it.each(Object.entries(CASES))("gets %s", async (_what, [work, expected]) => {
    const about = new Set(expected.map(([channel]) => channel));
    const events = await eventsOf(work);
    expect(events.filter(([channel]) => about.has(channel))).toEqual(expected);
  });
});

describeWithRedis("a Redis command", () => {
  it("is published with its name, without its arguments", async () => {
    const server = await createTestRedis();
    await server.start();
    const { logger } = createTestLogger();
    const redis = createRedis({ url: server.url, logger });
    const send = async () => {
      await redis.send("SET", "secret", "x");
      await redis.send("LPUSH", "secret", "y").catch(() => undefined);
    };
    const events = await eventsOf(send);
    const published = jest.spyOn(channels.commandEnd, "publish");
    await send();
    await redis.close();
    await server.stop();
    expect(published).not.toHaveBeenCalled();
    const err = expect.objectContaining({ name: "ReplyError" }) as object;
    expect(events).toEqual([
      ["berth:redis.command.end", { command: "SET", ...timed }],
      ["berth:redis.command.end", { command: "LPUSH", ...timed, err }],
    ]);
  });
});

it("names no channel that is untested here; those of gRPC are tested in berth-grpc", () => {
  const tested = Object.values(CASES).flatMap(([, events]) => events.map(([channel]) => channel));
  const others = ["berth:redis.command.end", "berth:grpc.call.start", "berth:grpc.call.end"];
  expect(new Set([...tested, ...others])).toEqual(new Set(all.map(({ name }) => name)));
});

describe("a listener of one channel alone", () => {
  it.each(
    Object.entries(CASES).flatMap(([what, [work, expected]]) =>
      [...new Set(expected.map(([name]) => name))].map(
        (name) => [name, what, work, expected] as const,
      ),
    ),
  )("gets %s of %s", async (name, _what, work, expected) => {
    const of = all.filter((channel) => channel.name === name);
    expect(await eventsOf(work, of)).toEqual(expected.filter(([channel]) => channel === name));
  });
});

describe("without a listener", () => {
  it.each(Object.entries(CASES))("nothing is made of %s", async (_what, [work]) => {
    // A listener that another test file has left behind.
    expect(all.filter(({ hasSubscribers }) => hasSubscribers)).toEqual([]);
    const published = all.map((channel) => jest.spyOn(channel, "publish"));
    await work();
    for (const publish of published) expect(publish).not.toHaveBeenCalled();
  });
});
