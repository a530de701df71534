// Redacts credentials in text: in URLs, and in quoted `Authorization` headers.

const REDACTED = "[redacted]";

/** From `://` to the next space or quotation mark; not `file://`, which stacks contain. */
const URLS = /(?<!file):\/\/[^\s"]+/g;

/** A colon that is not followed by a port: a password with a character that should be percent-encoded. */
const UNENCODED = /^[^/?#:@]*:(?!\d{1,5}([/?#,]|$))/;

/** The placeholder in our own error messages. */
const PLACEHOLDER = /^user:password@/;

/** An RFC 9110 authentication scheme and its credentials: unlike prose, these contain a digit or punctuation. */
const CREDENTIALS = /\b(Bearer|Basic|Token) +(?=[^\s"]*[\d=_-])[^\s"]{8,}/gi;

/** The error message of `fetch` for an invalid header value. */
const QUOTED_HEADER = /(Headers\.\w+: ")[^]*(" is an invalid header value)/g;

/** Redacts the user and the password of URLs. */
export const redactUserInfo = (text: string): string =>
  text.includes("://") ? text.replace(URLS, redactUser) : text;

/** Also redacts the query and fragment of URLs, and credentials that are quoted from a header. */
export const redactText = (text: string): string =>
  redactUserInfo(text)
    .replace(URLS, (url) => url.replace(/([?#]).+/, `$1${REDACTED}`))
    .replace(CREDENTIALS, `$1 ${REDACTED}`)
    .replace(QUOTED_HEADER, `$1${REDACTED}$2`);

/** Redacts one URL, or several without a space between them. */
const redactUser = (urls: string): string =>
  urls
    .split("://")
    .map((rest) => {
      const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
      const isUnencoded = !authority.includes("@") && UNENCODED.test(rest);
      const at = (isUnencoded ? rest : authority).lastIndexOf("@");
      return at < 0 || PLACEHOLDER.test(rest) ? rest : REDACTED + rest.slice(at);
    })
    .join("://");
