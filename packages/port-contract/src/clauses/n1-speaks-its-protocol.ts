// N1: responds in its own protocol, if that is not HTTP.
import { type Clause, pass, skip } from "../clause";

export const clause: Clause = {
  id: "N1",
  level: "MUST",
  title: "responds in its own protocol, if that is not HTTP",
  demandedBy: "The Twelve-Factor App (port binding) names Redis and ejabberd",
  breaksOn: "every client that attaches the service by its URL",
  fix: "check the configured port, and that --probe names the right protocol",
  procedure:
    "The probe succeeds. The clauses that are not about HTTP apply as to any other service.",
  async check({ probe, start, runProbe }) {
    if (probe.name === "http") return skip("speaks HTTP, see H1; use --probe for other protocols");
    const service = await start();
    return pass(`${probe.name}: ${(await runProbe(service)).text}`);
  },
};
