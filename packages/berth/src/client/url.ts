// The URL of another HTTP service, and the variable that holds it.
import * as v from "valibot";
import { variable } from "../process/environment";

/** An invalid service URL; the message follows the variable's name: "STOCK_URL: expected …". */
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

/** Declares a variable for another service's URL. @param texts What the service does for this one, and an example URL. */
export const serviceUrl = (texts: { about: string; example: string }) =>
  variable({
    ...texts,
    // A URL with a password is refused, but must not be printed either.
    secret: true,
    schema: v.pipe(v.string(), v.description("http://host:port or https://host")),
    complete(url) {
      parseServiceUrl(url);
      return url;
    },
  });
