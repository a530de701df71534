// A router in front of a contender: the development router, or nginx as configured in docs/deploy.
import { join } from "node:path";
import { freePort } from "port-contract/ports";
import { type Run, send, startRun, until } from "port-contract/harness";
import { startRouter } from "../recipes/routers";

/** The routers that can be measured. */
export type Front = "router" | "nginx";

const START_LIMIT_MS = 20_000;
const RESPONSE_LIMIT_MS = 1000;

/** Starts a router, and resolves once it forwards requests. @throws Error with its output when it does not */
export async function startFront(front: Front, node: string, target: number): Promise<Run> {
  const port = await freePort();
  // nginx's configuration names three instances.
  const run =
    front === "nginx"
      ? await startRouter("nginx", port, [target, target, target])
      : startRun([node, "--require", "ts-node/register", OWN, String(port), String(target)]);
  if (await until(() => passes(port), START_LIMIT_MS)) return { ...run, port };
  await run.reap();
  throw new Error(`${front} does not forward requests; its output:\n${run.output.text()}`);
}

const OWN = join(__dirname, "front-router.ts");

const passes = (port: number): Promise<boolean> =>
  send({ host: "127.0.0.1", port }, { path: "/json" }, RESPONSE_LIMIT_MS).then(
    ({ status }) => status === 200,
    () => false,
  );
