// Takes credentials out of text that is to be printed: those of URLs, and those that stand as in a header.

const CENSORED = "[redacted]";

/** From `://` to the next space or quotation mark. Paths of files are left alone, as stacks have them. */
const URLS = /(?<!file):\/\/[^\s"]+/g;

/** Not a port, although it stands behind a colon: a password with a character that should be percent-encoded. */
const UNENCODED = /^[^/?#:@]*:(?!\d{1,5}([/?#,]|$))/;

/** What error messages have instead of a password. */
const PLACEHOLDER = /^user:password@/;

/** A scheme of RFC 9110 and its credentials, which prose has no digits for. */
const CREDENTIALS = /\b(Bearer|Basic|Token) +(?=[^\s"]*[\d=_-])[^\s"]{8,}/gi;

/** What `fetch` says of a header that it cannot send. */
const QUOTED_HEADER = /(Headers\.\w+: ")[^]*(" is an invalid header value)/g;

/** Without the user and the password of URLs. */
export const maskUserInfo = (text: string): string =>
  text.includes("://") ? text.replace(URLS, maskUser) : text;

/** Also without what follows `?` or `#` in URLs, and without credentials that are quoted from a header. */
export const maskText = (text: string): string =>
  maskUserInfo(text)
    .replace(URLS, (url) => url.replace(/([?#]).+/, `$1${CENSORED}`))
    .replace(CREDENTIALS, `$1 ${CENSORED}`)
    .replace(QUOTED_HEADER, `$1${CENSORED}$2`);

/** Of one URL, or of several that nothing separates. */
const maskUser = (urls: string): string =>
  urls
    .split("://")
    .map((rest) => {
      const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
      const isUnencoded = !authority.includes("@") && UNENCODED.test(rest);
      const at = (isUnencoded ? rest : authority).lastIndexOf("@");
      return at < 0 || PLACEHOLDER.test(rest) ? rest : CENSORED + rest.slice(at);
    })
    .join("://");
