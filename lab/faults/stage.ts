// What is set up for one fault: whom the subject calls, and how that begins to misbehave and is mended.
import { startBlackHole } from "./black-hole";
import type { Targets } from "./subject";
import { answer, type Behaviour, type Received, startUpstream, WELL } from "./upstream";

/** One fault, set up and not yet begun. */
export interface Stage {
  targets: Targets;
  /** Missing where it is so from the first. */
  begin?(): Promise<void>;
  /** Missing where nothing can be mended. */
  mend?(): Promise<void>;
  /** What has reached somebody who answers. */
  requests(): readonly Received[];
  /** How much the other side has sent, in bytes. */
  sentBytes(): number;
  /** What has gone wrong besides. */
  faults?(): string[];
  end(): Promise<void>;
}

/** How a stage is set up. */
export type SetUp = (node: string) => Promise<Stage>;

const nothing = (): Promise<void> => Promise.resolve();

/** Answers well, until it does not. */
export const misbehaving =
  (behaviour: Behaviour): SetUp =>
  async () => {
    const upstream = await startUpstream();
    return {
      targets: { stockUrl: upstream.url },
      begin: () => Promise.resolve(upstream.behave(behaviour)),
      mend: () => Promise.resolve(upstream.behave(WELL)),
      requests: () => upstream.requests,
      sentBytes: upstream.sentBytes,
      end: upstream.leave,
    };
  };

/** Listens no more. */
export const refusing: SetUp = async () => {
  const upstream = await startUpstream();
  return {
    targets: { stockUrl: upstream.url },
    begin: upstream.leave,
    mend: upstream.comeBack,
    requests: () => upstream.requests,
    sentBytes: upstream.sentBytes,
    end: upstream.leave,
  };
};

/** Has no address. */
export const nameless: SetUp = () =>
  Promise.resolve({
    targets: { stockUrl: "http://nobody.test" },
    requests: () => [],
    sentBytes: () => 0,
    end: nothing,
  });

/** Takes no connections, and refuses none. */
export const blackHole: SetUp = async (node) => {
  const hole = await startBlackHole(node, "127.0.0.1");
  return {
    targets: { stockUrl: `http://127.0.0.1:${hole.port}` },
    mend: () => Promise.resolve(hole.open()),
    requests: () => [],
    sentBytes: () => 0,
    end: hole.end,
  };
};

/** Redirects to another service, which nobody shall call. */
export const redirecting: SetUp = async () => {
  const elsewhere = await startUpstream();
  const location = `Location: http://localhost:${elsewhere.port}/thing`;
  const stage = await misbehaving(answering(302, "", [location]))("");
  return {
    ...stage,
    faults: () => (elsewhere.requests.length > 0 ? ["the other host was called"] : []),
    async end() {
      await elsewhere.leave();
      await stage.end();
    },
  };
};

/** Has two addresses; nobody is at the first, where connections are refused or get lost. */
export const halfDead =
  (isHole: boolean): SetUp =>
  async (node) => {
    const hole = await startBlackHole(node, "127.0.0.2");
    const upstream = await startUpstream(WELL, isHole ? hole.port : undefined);
    return {
      targets: {
        stockUrl: `http://stock.test:${upstream.port}`,
        addresses: ["127.0.0.2", "127.0.0.1"],
      },
      requests: () => upstream.requests,
      sentBytes: upstream.sentBytes,
      async end() {
        await upstream.leave();
        await hole.end();
      },
    };
  };

/** Answers each request so. */
export function answering(
  status: number,
  body: string | Buffer,
  headers: readonly string[] = [],
): Behaviour {
  return { asked: (socket) => socket.write(answer(status, body, headers)) };
}
