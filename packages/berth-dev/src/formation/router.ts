// The router of a formation, from its start to what it says about itself.
import type * as routing from "../router/router";
import type { RouterPlan } from "./plan";

/** @throws Error when its port cannot be bound. */
export async function startRouter(
  plan: RouterPlan,
  say: (text: string) => void,
): Promise<routing.Router> {
  // Loaded only when asked for: it is most of what the runner would load.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not an import, which would be loaded at once
  const { createRouter } = require("../router/router") as typeof routing;
  const router = createRouter({ ...plan, say });
  await router.listen();
  const { port, routes, targets } = plan;
  const namesOf = (type: string) => (targets.get(type) ?? []).map(({ name }) => name).join(", ");
  const hosts = typeof routes === "string" ? [["localhost", routes] as const] : [...routes];
  for (const [host, type] of hosts) say(`router on http://${host}:${port} → ${namesOf(type)}`);
  return router;
}
