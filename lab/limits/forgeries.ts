// Headers with which a client may claim to be somebody else.

type Headers = Record<string, string>;

/** Each names an address that is not the client's; some proxies, and many an app, believe them. */
const WAYS: readonly ((address: string) => Headers)[] = [
  (address) => ({ "X-Forwarded-For": address }),
  (address) => ({ "X-Forwarded-For": `${address}, 127.0.0.1` }),
  (address) => ({ Forwarded: `for=${address}` }),
  (address) => ({ "X-Real-IP": address }),
  (address) => ({ "True-Client-IP": address, "CF-Connecting-IP": address, "X-Client-IP": address }),
];

/** So many addresses, each claimed in every way; no header set comes twice. */
export const forgedHeaders = (addresses: number): Headers[] =>
  Array.from({ length: addresses }, (_, i) => `203.0.113.${i}`).flatMap((address) =>
    WAYS.map((way) => way(address)),
  );
