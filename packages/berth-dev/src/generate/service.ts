// `berth new service`: another HTTP service that features call, attached by its URL.
import { UsageError } from "port-contract/args";
import { camel, kebab, parseName, pascal, prose, refuseReserved, snake } from "./names";
import { withMember } from "./mount";
import { change, create, emptyPlan, type Plan, textOf, type Workspace } from "./plan";

/** @throws UsageError when the name is invalid, or taken by a file, a variable or a service. */
export async function planService(workspace: Workspace, name: string): Promise<Plan> {
  const { root } = workspace;
  const words = parseName(name);
  refuseReserved(words, "choose another name, such as billing");
  const [file, use, attach] = [kebab(words), camel(words), `attach${pascal(words)}`];
  const variable = `${snake(words).toUpperCase()}_URL`;
  const [config, services] = ["src/config.ts", "src/services.ts"].map((each) => textOf(root, each));
  if (new RegExp(`\\b${variable}\\b`).test(config ?? ""))
    throw new UsageError(`src/config.ts already has ${variable}: choose another name`);
  const isTaken = new RegExp(`^\\s*${use}\\b\\s*[:,]|\\b${attach}\\b`, "m").test(services ?? "");
  if (isTaken || OWN.includes(use))
    throw new UsageError(`src/services.ts already has a service ${use}: choose another name`);

  const plan = emptyPlan(workspace, `npm run check; features get it as services.${use}`);
  plan.changesVariables = true;
  await create(
    plan,
    `src/backing/${file}.ts`,
    `// The ${prose(words)} service, attached by its URL.
import type { AttachOptions } from "berth/backing";
import { createServiceClient } from "berth/client";

/** Attaches it; \`/readyz\` reports it. */
export const ${attach} = ({ config, logger }: AttachOptions<{ ${variable}: string }>) => {
  const ${use} = createServiceClient({ name: "${file}", url: config.${variable}, logger });
  // Not required: every instance calls the same service, so no other instance would be ready instead.
  return { use: ${use}, check: ${use}.ping, isRequired: false, close: ${use}.close };
};
`,
  );
  await create(
    plan,
    `test/backing/${file}.test.ts`,
    `import request from "supertest";
import * as v from "valibot";
import { startUpstream } from "berth/testing";
import { createTestApp } from "../support/app";

describe("the ${prose(words)} service", () => {
  it("is called at ${variable}, and reported by /readyz", async () => {
    const upstream = await startUpstream((_req, res) => void res.end('{"isThere":true}'));
    const { app, services } = createTestApp({ ${variable}: upstream.url });
    const response = v.object({ isThere: v.boolean() });
    const called = await services.${use}.call({ method: "GET", path: "/any", response });
    expect(called).toEqual({ isThere: true });
    const checks = { ${use}: "ok" };
    expect((await request(app).get("/readyz")).body).toMatchObject({ checks });
    expect(upstream.requests.map(({ url }) => url)).toEqual(["/any", "/livez"]);
  });
});
`,
  );
  const declared = `${variable}: serviceUrl({ about: "The URL of the ${prose(words)} service.", example: "http://localhost:5300" })`;
  await change(
    plan,
    "src/config.ts",
    (text) => withMember(text, "webVariables", declared, { "berth/config": ["serviceUrl"] }),
    {
      line: `${variable}: serviceUrl(…)`,
      otherwise: `no webVariables = { … } was found. Add to what the web process reads: ${declared}`,
    },
  );
  await change(
    plan,
    "src/services.ts",
    (text) =>
      withMember(text, "backingServices", `${use}: ${attach}`, { [`./backing/${file}`]: [attach] }),
    {
      line: `${use}: ${attach}`,
      otherwise: `no backingServices = { … } was found. Add ${use}: ${attach}, of "./backing/${file}"`,
    },
  );
  return plan;
}

/** The names in services that are not backing services. */
const OWN = ["config", "about", "draining"];
