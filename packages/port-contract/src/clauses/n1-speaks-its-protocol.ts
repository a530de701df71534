// N1: port binding is not about HTTP.
import { type Clause, pass, skip } from "../clause";

export const clause: Clause = {
  id: "N1",
  level: "MUST",
  title: "answers in its own protocol, where that is not HTTP",
  demandedBy: "The Twelve-Factor App (port binding) names Redis and ejabberd",
  breaksOn: "whoever attaches the service by its URL",
  mend: "check the port in the configuration, and that the probe fits the protocol",
  procedure:
    "The probe's question is answered. The clauses that are not about HTTP then apply as to any other service.",
  async check({ probe, start, ask }) {
    if (probe.name === "http") return skip("speaks HTTP, see H1; --probe names other protocols");
    const service = await start();
    return pass(`${probe.name}: ${(await ask(service)).text}`);
  },
};
