// Headers by which a client may forge its address.

type Headers = Record<string, string>;

/** Some proxies and many apps trust these headers. */
const WAYS: readonly ((address: string) => Headers)[] = [
  (address) => ({ "X-Forwarded-For": address }),
  (address) => ({ "X-Forwarded-For": `${address}, 127.0.0.1` }),
  (address) => ({ Forwarded: `for=${address}` }),
  (address) => ({ "X-Real-IP": address }),
  (address) => ({ "True-Client-IP": address, "CF-Connecting-IP": address, "X-Client-IP": address }),
];

/** Header sets for this many addresses, each in every form; all sets are different. */
export const forgedHeaders = (addresses: number): Headers[] =>
  Array.from({ length: addresses }, (_, i) => `203.0.113.${i}`).flatMap((address) =>
    WAYS.map((way) => way(address)),
  );
