// The variable that says where another HTTP service is.
import * as v from "valibot";
import { variable } from "../process/environment";
import { parseServiceUrl } from "./connection";

/** Where another service is. @param of What it is to this one, and a URL that it may have. */
export const serviceUrl = (of: { about: string; example: string }) =>
  variable({
    ...of,
    // It is refused with a password in it, and not printed then.
    secret: true,
    schema: v.pipe(v.string(), v.description("http://host:port or https://host")),
    complete(url) {
      parseServiceUrl(url);
      return url;
    },
  });
