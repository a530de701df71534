// B2: the port is open to other machines.
import { type Clause, fail, pass, skip } from "../clause";
import { externalAddress } from "../system/interfaces";

export const clause: Clause = {
  id: "B2",
  level: "MUST",
  title: "is reachable off loopback",
  demandedBy: "Cloud Run; Render; Railway; Kubernetes",
  breaksOn:
    "every platform whose router is on another machine or in another network namespace: connection refused",
  mend: "bind 0.0.0.0 or ::, not localhost or 127.0.0.1; make the host a setting",
  procedure: "Connect through an address of this machine that is not loopback, and ask the probe.",
  async check({ start, ask }) {
    const host = externalAddress();
    if (!host) return skip("this machine has no address but loopback");
    const { port } = await start();
    try {
      return pass(`${(await ask({ host, port })).text} through ${host}`);
    } catch (error) {
      return fail(`through ${host}: ${(error as Error).message}`);
    }
  },
};
