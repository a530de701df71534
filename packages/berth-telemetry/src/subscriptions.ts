// Listens to channels without being able to harm the process: Node would end it for an error of a listener.
import type { Logger } from "pino";
import type { EventChannel } from "berth/channels";

/** The channels that one part of telemetry listens to. */
export interface Subscriptions {
  on<Event extends object>(
    this: void,
    channel: EventChannel<Event>,
    listener: (event: Event) => void,
  ): void;
  /** Stops listening. */
  end(): void;
}

/** Creates an empty list. An error of a listener is logged once. */
export function createSubscriptions(logger: Pick<Logger, "error">): Subscriptions {
  const ends: (() => void)[] = [];
  let hasFailed = false;
  return {
    on(channel, listener) {
      const guarded = (event: Parameters<typeof listener>[0]): void => {
        try {
          listener(event);
        } catch (err) {
          if (!hasFailed) logger.error({ err, channel: channel.name }, "telemetry has failed");
          hasFailed = true;
        }
      };
      channel.subscribe(guarded);
      ends.push(() => void channel.unsubscribe(guarded));
    },
    end() {
      for (const end of ends.splice(0)) end();
    },
  };
}
