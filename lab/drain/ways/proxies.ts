// nginx and HAProxy, as configured in docs/deploy, in front of three instances.
import { freePort } from "port-contract/ports";
import { type RouterName, startRouter } from "../../recipes/routers";
import { startInstances } from "./instances";
import type { Way } from "./way";

const INSTANCES = 3;

/** Creates a way with a proxy; `env` is what the instances need behind it. */
const behind = (name: RouterName, title: string, env: Readonly<Record<string, string>>): Way => ({
  title: `${title}, ${INSTANCES} instances`,
  mayLosePosts: true,
  async start(options) {
    const [port, ...ports] = await freePorts(1 + INSTANCES);
    const instances = await startInstances(ports, options, env);
    // Started after the instances; otherwise it would consider them down for a second.
    const proxy = await startRouter(name, port!, ports).catch(async (err: unknown) => {
      await instances.stop();
      throw err;
    });
    return {
      port: port!,
      roll: () => instances.roll(),
      async stop() {
        await instances.stop();
        await proxy.reap();
      },
    };
  },
});

async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

const BEHIND_ONE = { HOST: "127.0.0.1", TRUST_PROXY: "1" };

export const nginx = behind("nginx", "nginx", BEHIND_ONE);
export const haproxy = behind("haproxy", "HAProxy", { ...BEHIND_ONE, DRAIN_DELAY_MS: "3000" });
