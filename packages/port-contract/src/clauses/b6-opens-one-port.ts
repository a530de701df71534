// B6: opens no port except PORT.
import { type Clause, fail, pass } from "../clause";
import { until } from "../harness/wait";
import { listOf } from "../wording";

const watchMs = 1000;

export const clause: Clause = {
  id: "B6",
  level: "SHOULD",
  title: "opens exactly one TCP port",
  demandedBy: "Knative runtime contract: one containerPort",
  breaksOn:
    "several instances on one machine (piku, foreman, a laptop): the extra port is in use when the second one starts",
  fix: "serve metrics, debugging and clustering on PORT, or make the extra port a setting that is off by default",
  procedure:
    "List the listening TCP sockets of the process tree for a second after the first response.",
  async check({ start }) {
    const service = await start();
    const extra = () => {
      const ports = service.listeners().flatMap(({ port }) => port ?? []);
      const others = new Set(ports.filter((port) => port !== service.port));
      return others.size > 0 ? [...others] : undefined;
    };
    const found = await until(extra, watchMs, 250);
    return found ? fail(`also listens on ${listOf(found)}`) : pass(`only ${service.port}`);
  },
};
