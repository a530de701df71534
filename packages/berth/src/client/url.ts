// The URL of another HTTP service, and the variable that holds it.
import * as v from "valibot";
import { variable } from "../process/environment";

/** An invalid service URL; its message completes "NAME: …". */
export class ServiceUrlError extends TypeError {
  override readonly name = "ServiceUrlError";
}

/** Parses a service's URL. @throws ServiceUrlError unless it is an http or https URL without user, query and fragment. */
export function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ServiceUrlError("expected http://host:port or https://host, with or without a path");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new ServiceUrlError("expected no user, query or fragment: send credentials in a header");
  }
  return url;
}

/** A variable that holds another service's URL. @param of What the service does for this one, and an example URL. */
export const serviceUrl = (of: { about: string; example: string }) =>
  variable({
    ...of,
    // A URL with a password in it is refused, and must not be printed.
    secret: true,
    schema: v.pipe(v.string(), v.description("http://host:port or https://host")),
    complete(url) {
      parseServiceUrl(url);
      return url;
    },
  });
