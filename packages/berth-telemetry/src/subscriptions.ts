// Subscribes to channels, and catches the errors of listeners: they would end the process as uncaught.
import type { Logger } from "pino";
import type { EventChannel } from "berth/channels";

/** The subscriptions of one part of telemetry. */
export interface Subscriptions {
  on<Event extends object>(
    this: void,
    channel: EventChannel<Event>,
    listener: (event: Event) => void,
  ): void;
  /** Stops listening. */
  end(): void;
}

/** Creates an empty list. Only the first error of a listener is logged. */
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
