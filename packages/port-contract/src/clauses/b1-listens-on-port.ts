// B1: the port is the one that PORT names.
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../come-up";
import { listOf, seconds } from "../wording";

const portsOf = (service: Service) => service.listeners().flatMap(({ port }) => port ?? []);

export const clause: Clause = {
  id: "B1",
  level: "MUST",
  title: "listens on $PORT",
  demandedBy:
    "The Twelve-Factor App (port binding); Knative runtime contract; Cloud Foundry; Heroku",
  breaksOn:
    "everywhere: the router finds nobody there (Heroku R10, Cloud Run 'failed to start and listen')",
  mend: "read PORT from the environment and pass it to listen; keep a constant only as the default",
  procedure:
    "Two runs at once with two random ports: each opens its own, and not the other's, within the boot limit.",
  async check({ listen, settings }) {
    const startedAt = performance.now();
    const [one, other] = await Promise.all([listen(), listen()]);
    const bootMs = performance.now() - startedAt;
    for (const [service, foreign] of [
      [one, other.port],
      [other, one.port],
    ] as const) {
      const ports = portsOf(service);
      if (service.processes().length === 0) return fail(`opens PORT ${service.port} and is gone`);
      if (!ports.includes(service.port))
        return fail(`PORT ${service.port} is answered by someone else; own: ${listOf(ports)}`);
      if (ports.includes(foreign))
        return fail(`opens ${foreign}, too, which is another run's PORT`);
    }
    const limit = seconds(settings.platform.bootSeconds * 1000);
    return pass(`open on ${one.port} and ${other.port} after ${seconds(bootMs)} of ${limit}`);
  },
};
