import {
  attachServices,
  type BackingService,
  type BackingServices,
} from "../../src/backing/attach";
import { createTestLogger } from "../../src/testing/app";

const closed: string[] = [];
const service = (use: unknown, close = () => Promise.resolve()): BackingService => ({
  use,
  check: () => Promise.resolve(),
  isRequired: true,
  close,
});
const options = { config: { url: "x" }, logger: createTestLogger().logger, name: "shop" };

describe("attachServices", () => {
  beforeEach(() => closed.splice(0));

  it("gives features what each entry creates, under its name", () => {
    const { services, attached } = attachServices(
      { cache: ({ config, name }) => service(`${name} at ${config.url}`) },
      options,
    );
    expect(services).toEqual({ cache: "shop at x" });
    expect(Object.keys(attached)).toEqual(["cache"]);
  });

  it("attaches nothing for an entry that returns undefined", () => {
    const { services, attached } = attachServices({ cache: () => undefined }, options);
    expect(services).toEqual({ cache: undefined });
    expect(attached).toEqual({});
  });

  it("names the entry that fails, and closes the ones before it, even if closing fails", () => {
    const close = (name: string) => () => {
      closed.push(name);
      return Promise.reject(new Error("already gone"));
    };
    const attach = () =>
      attachServices(
        {
          first: () => service(1, close("first")),
          second: () => service(2, close("second")),
          queue: () => {
            throw new Error("QUEUE_URL names no host");
          },
          never: () => service(4, close("never")),
        },
        options,
      );
    expect(attach).toThrow("The queue cannot be attached: QUEUE_URL names no host");
    expect(closed).toEqual(["first", "second"]);
  });

  it("does not compile with an incomplete entry", () => {
    const entries = {
      // @ts-expect-error -- it has no close
      cache: () => ({ use: 1, check: () => Promise.resolve(), isRequired: false }),
    } satisfies BackingServices<object>;
    expect(entries).toBeDefined();
  });
});
