// Delivers notifications to the connections that listen: PostgreSQL sends them to the one session that all share.
import {
  channelOf,
  commandTags,
  isReadyAndIdle,
  query,
  fromProcess,
  splitMessages,
} from "./messages";
import { type ChannelChange, createChangeReader } from "./listen-statements";

/** What one connection listens to. */
export interface Listener {
  /**
   * Takes from a response what is for other connections, and delivers it to them. Only for the holder of the mutex.
   * @returns The rest, which is for this one.
   */
  receive(unit: Buffer, response: Buffer): Promise<Buffer>;
  close(): void;
}

/** The notifications of the shared session. */
export interface Notifications {
  /** @param deliver Called with each notification for the connection `id` that another one has sent. */
  add(id: number, deliver: (notification: Buffer) => void): Listener;
}

/**
 * All connections have the process of the session, as `pg_backend_pid()` has: to others, a notification comes from a process above
 * this one, so that a client can ignore its own.
 */
const OTHER_PROCESSES = 1_000_000;

interface Member {
  channels: Set<string>;
  deliver: (notification: Buffer) => void;
}

/** @param run Runs messages in the shared session. */
export function createNotifications(run: (messages: Buffer) => Promise<Buffer>): Notifications {
  const members = new Map<number, Member>();
  /** Whether the session may have channels; they stay when their last connection ends. */
  let isListening = false;

  /** Listens again to what others need, after one connection has ended it for the session. */
  const restore = async () => {
    const channels = new Set([...members.values()].flatMap((member) => [...member.channels]));
    const statements = [...channels].map((name) => `LISTEN "${name.replaceAll('"', '""')}"`);
    if (statements.length > 0) await run(query(statements.join("; ")));
  };

  const distribute = (response: Buffer, id: number) =>
    splitMessages(response).filter((message) => {
      const channel = channelOf(message);
      if (channel === undefined) return true;
      const delivered = fromProcess(message, OTHER_PROCESSES + id);
      for (const [other, { channels, deliver }] of members)
        if (other !== id && channels.has(channel)) deliver(delivered);
      return members.get(id)?.channels.has(channel);
    });

  return {
    add(id, deliver) {
      const member: Member = { channels: new Set(), deliver };
      members.set(id, member);
      const read = createChangeReader();
      /** Of the transaction, which may be rolled back. */
      let pending: ChannelChange[] = [];
      return {
        async receive(unit, response) {
          pending.push(...read(unit));
          if (pending.length > 0 && isReadyAndIdle(response)) {
            const { hasError, last } = commandTags(response);
            const changes = hasError || last === "ROLLBACK" ? [] : pending;
            pending = [];
            for (const change of changes) apply(member.channels, change);
            isListening ||= member.channels.size > 0;
            if (changes.some(({ kind }) => kind === "unlisten")) await restore();
          }
          return isListening ? Buffer.concat(distribute(response, id)) : response;
        },
        close: () => void members.delete(id),
      };
    },
  };
}

function apply(channels: Set<string>, { kind, channel }: ChannelChange): void {
  if (channel === undefined) channels.clear();
  else if (kind === "listen") channels.add(channel);
  else channels.delete(channel);
}
