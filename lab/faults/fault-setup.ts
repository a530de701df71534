// The setup of a fault: the upstream, and how its fault begins and ends.
import { startBlackHole } from "./black-hole";
import type { Targets } from "./subject";
import { jsonResponse, type Behaviour, type Received, startUpstream, HEALTHY } from "./upstream";

/** A fault that is set up but has not begun. */
export interface FaultSetup {
  targets: Targets;
  /** Starts the fault; missing if it exists from the start. */
  begin?(): Promise<void>;
  /** Ends the fault; missing if it cannot end. */
  repair?(): Promise<void>;
  /** The requests that reached the upstream. */
  requests(): readonly Received[];
  /** How much the upstream has sent, in bytes. */
  sentBytes(): number;
  /** Further errors. */
  faults?(): string[];
  end(): Promise<void>;
}

/** Prepares a fault. */
export type SetUp = (node: string) => Promise<FaultSetup>;

const nothing = (): Promise<void> => Promise.resolve();

/** An upstream that responds properly until the fault begins. */
export const misbehaving =
  (behaviour: Behaviour): SetUp =>
  async () => {
    const upstream = await startUpstream();
    return {
      targets: { stockUrl: upstream.url },
      begin: () => Promise.resolve(upstream.behave(behaviour)),
      repair: () => Promise.resolve(upstream.behave(HEALTHY)),
      requests: () => upstream.requests,
      sentBytes: upstream.sentBytes,
      end: upstream.stop,
    };
  };

/** Stops listening. */
export const refusing: SetUp = async () => {
  const upstream = await startUpstream();
  return {
    targets: { stockUrl: upstream.url },
    begin: upstream.stop,
    repair: upstream.restart,
    requests: () => upstream.requests,
    sentBytes: upstream.sentBytes,
    end: upstream.stop,
  };
};

/** Its name does not resolve. */
export const nameless: SetUp = () =>
  Promise.resolve({
    targets: { stockUrl: "http://nobody.test" },
    requests: () => [],
    sentBytes: () => 0,
    end: nothing,
  });

/** Neither accepts nor refuses connections. */
export const blackHole: SetUp = async (node) => {
  const hole = await startBlackHole(node, "127.0.0.1");
  return {
    targets: { stockUrl: `http://127.0.0.1:${hole.port}` },
    repair: () => Promise.resolve(hole.open()),
    requests: () => [],
    sentBytes: () => 0,
    end: hole.end,
  };
};

/** Redirects to another service, which must not be called. */
export const redirecting: SetUp = async () => {
  const elsewhere = await startUpstream();
  const location = `Location: http://localhost:${elsewhere.port}/thing`;
  const setup = await misbehaving(respondingWith(302, "", [location]))("");
  return {
    ...setup,
    faults: () => (elsewhere.requests.length > 0 ? ["the other host was called"] : []),
    async end() {
      await elsewhere.stop();
      await setup.end();
    },
  };
};

/** Its name has two addresses; connections to the first one are refused or hang. */
export const halfDead =
  (isHole: boolean): SetUp =>
  async (node) => {
    const hole = await startBlackHole(node, "127.0.0.2");
    const upstream = await startUpstream(HEALTHY, isHole ? hole.port : undefined);
    return {
      targets: {
        stockUrl: `http://stock.test:${upstream.port}`,
        addresses: ["127.0.0.2", "127.0.0.1"],
      },
      requests: () => upstream.requests,
      sentBytes: upstream.sentBytes,
      async end() {
        await upstream.stop();
        await hole.end();
      },
    };
  };

/** Sends this response to each request. */
export function respondingWith(
  status: number,
  body: string | Buffer,
  headers: readonly string[] = [],
): Behaviour {
  return { onRequest: (socket) => socket.write(jsonResponse(status, body, headers)) };
}
