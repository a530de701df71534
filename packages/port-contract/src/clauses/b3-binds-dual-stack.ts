// B3: accepts both IPv4 and IPv6.
import { type Clause, fail, pass, skip } from "../clause";
import type { Service } from "../startup";
import type { Context } from "../context";
import { hasIpv6 } from "../system/interfaces";

async function refusalOf(context: Context, { port }: Service, host: string) {
  return context.runProbe({ host, port }).then(
    () => undefined,
    (error: Error) => `${host}: ${error.message}`,
  );
}

export const clause: Clause = {
  id: "B3",
  level: "SHOULD",
  title: "binds :: dual stack",
  demandedBy: "Node's own default; IPv6-only networks such as Fly's and Railway's private ones",
  breaksOn: "private networks that are IPv6-only (Fly 6PN, Railway) or IPv4-only",
  fix: "bind ::, or 0.0.0.0 if the machine has no IPv6 (EAFNOSUPPORT)",
  procedure:
    "Run the probe against 127.0.0.1 and ::1. Skipped on a machine without IPv6, where B1 shows the fallback to IPv4.",
  async check(context) {
    if (!hasIpv6()) return skip("this machine has no IPv6; B1 shows the fallback to IPv4");
    const service = await context.start();
    const refusals = [
      await refusalOf(context, service, "127.0.0.1"),
      await refusalOf(context, service, "::1"),
    ].filter((refusal) => refusal !== undefined);
    return refusals.length === 0
      ? pass("responds at 127.0.0.1 and ::1")
      : fail(refusals.join("; "));
  },
};
