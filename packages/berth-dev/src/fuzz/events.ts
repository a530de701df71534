// Reads what has arrived of an event stream.

/** An event as the document describes it: its data is JSON, or text that is not. */
export interface StreamedEvent {
  event: string;
  data: unknown;
  id?: string;
}

/** The complete events of a stream so far; comments and other fields are left out. @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export function eventsIn(text: string): StreamedEvent[] {
  const blocks = text.split(/\r\n\r\n|\n\n|\r\r/).slice(0, -1);
  return blocks.flatMap((block) => {
    const fields = block.split(/\r\n|\n|\r/).map((line) => /^([^:]*):? ?(.*)$/s.exec(line));
    const valuesOf = (name: string) =>
      fields.flatMap((field) => (field?.[1] === name ? (field[2] ?? "") : []));
    const data = valuesOf("data");
    if (data.length === 0) return [];
    const id = valuesOf("id").at(-1);
    return {
      event: valuesOf("event").at(-1) ?? "message",
      data: parsed(data.join("\n")),
      ...(id !== undefined && { id }),
    };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
