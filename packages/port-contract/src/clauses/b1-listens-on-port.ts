// B1: listens on the port in PORT.
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import { listOf, seconds } from "../wording";

const portsOf = (service: Service) => service.listeners().flatMap(({ port }) => port ?? []);

export const clause: Clause = {
  id: "B1",
  level: "MUST",
  title: "listens on $PORT",
  demandedBy:
    "The Twelve-Factor App (port binding); Knative runtime contract; Cloud Foundry; Heroku",
  breaksOn:
    "everywhere: the router cannot connect (Heroku R10, Cloud Run 'failed to start and listen')",
  fix: "read PORT from the environment and pass it to listen; keep a constant only as the default",
  procedure:
    "Start two runs with different random ports: each opens its own port, and not the other's, within the boot limit.",
  async check({ listen, settings }) {
    const startedAt = performance.now();
    const [one, other] = await Promise.all([listen(), listen()]);
    const bootMs = performance.now() - startedAt;
    for (const [service, foreign] of [
      [one, other.port],
      [other, one.port],
    ] as const) {
      const ports = portsOf(service);
      if (service.processes().length === 0) return fail(`opens PORT ${service.port}, then exits`);
      if (!ports.includes(service.port))
        return fail(
          `another process listens on PORT ${service.port}; this one listens on ${listOf(ports)}`,
        );
      if (ports.includes(foreign))
        return fail(`also opens ${foreign}, which is the other run's PORT`);
    }
    const limit = seconds(settings.platform.bootSeconds * 1000);
    return pass(`open on ${one.port} and ${other.port} after ${seconds(bootMs)} of ${limit}`);
  },
};
