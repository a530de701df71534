// Descriptions of event streams.
import * as v from "valibot";
import type { MediaType } from "./response";

/** The data of events, by the event's name. */
export type EventSchemas = Readonly<Record<string, v.GenericSchema>>;

/** A described stream of events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface EventStream<E extends EventSchemas = EventSchemas> extends MediaType {
  mediaType: "text/event-stream";
  events: E;
}

/** An event of a stream. */
export type EventOf<E extends EventSchemas> = {
  [Name in keyof E & string]: {
    event: Name;
    data: v.InferInput<E[Name]>;
    /** A client that reconnects sends the last one as `Last-Event-ID`. Without line breaks and NUL. */
    id?: string;
  };
}[keyof E & string];

/** A response that is a stream of events, to be sent by `sendEvents`. @param events The schema of each event's data, by name. */
export const eventStream = <const E extends EventSchemas>(events: E): EventStream<E> => ({
  mediaType: "text/event-stream",
  events,
});

/** The schema of one event, as the document has it. */
export const eventSchema = ({ events }: EventStream): v.GenericSchema => {
  const forms = Object.entries(events).map(([event, data]) =>
    v.object({ event: v.literal(event), data, id: v.optional(v.string()) }),
  );
  return forms.length === 1 ? (forms[0] as v.GenericSchema) : v.union(forms);
};

export const isEventStream = (body: object): body is EventStream => "events" in body;
