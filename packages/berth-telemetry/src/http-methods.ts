// HTTP methods as label values: known ones only, as clients may send any word.

const KNOWN = new Set("CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split(" "));

/** The method, or `_OTHER`. @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ */
export const knownMethod = (method = ""): string => (KNOWN.has(method) ? method : "_OTHER");
