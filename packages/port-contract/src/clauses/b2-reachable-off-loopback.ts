// B2: listens on an address that other machines can reach.
import { type Clause, fail, pass, skip } from "../clause";
import { externalAddress } from "../system/interfaces";

export const clause: Clause = {
  id: "B2",
  level: "MUST",
  title: "is reachable from other machines",
  demandedBy: "Cloud Run; Render; Railway; Kubernetes",
  breaksOn:
    "every platform whose router is on another machine or in another network namespace: connection refused",
  fix: "bind 0.0.0.0 or ::, not localhost or 127.0.0.1; make the host a setting",
  procedure: "Run the probe against a non-loopback address of this machine.",
  async check({ start, runProbe }) {
    const host = externalAddress();
    if (!host) return skip("this machine has no non-loopback address");
    const { port } = await start();
    try {
      return pass(`${(await runProbe({ host, port })).text} through ${host}`);
    } catch (error) {
      return fail(`through ${host}: ${(error as Error).message}`);
    }
  },
};
