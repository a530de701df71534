// The headers that tell clients since when a route is deprecated, and when it will be gone.
import type { Deprecation } from "../schema/description";
import type { HeaderDescriptions } from "../schema/response";

/**
 * The headers of all responses of the route, and their descriptions.
 * @throws TypeError when a date is none, or the route would be gone before it is deprecated.
 * @see https://www.rfc-editor.org/rfc/rfc9745
 * @see https://www.rfc-editor.org/rfc/rfc8594
 */
export function deprecationHeaders({ since, sunset }: Deprecation): {
  values: Readonly<Record<string, string>>;
  descriptions: HeaderDescriptions;
} {
  const from = timeOf(since);
  const values = { Deprecation: `@${from / 1000}` };
  const descriptions = { Deprecation: `Since when the route is deprecated: ${since}.` };
  if (sunset === undefined) return { values, descriptions };
  const until = timeOf(sunset);
  if (until < from) throw new TypeError(`sunset, ${sunset}, must not be before since, ${since}`);
  return {
    values: { ...values, Sunset: new Date(until).toUTCString() },
    descriptions: { ...descriptions, Sunset: `When the route will be gone: ${sunset}.` },
  };
}

function timeOf(day: string): number {
  const time = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : NaN;
  if (Number.isNaN(time))
    throw new TypeError(`${JSON.stringify(day)} is not a day: expected one such as 2026-11-01`);
  return time;
}
