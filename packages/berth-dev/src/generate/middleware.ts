// `berth new middleware`: a middleware that features share.
import { camel, kebab, parseName, prose, refuseReserved } from "./names";
import { create, emptyPlan, type Plan, type Workspace } from "./plan";

/** @throws UsageError when the name is invalid, or a file exists. */
export async function planMiddleware(workspace: Workspace, name: string): Promise<Plan> {
  const words = parseName(name);
  refuseReserved(words, "choose another name, such as require-user");
  const [file, variable] = [kebab(words), camel(words)];
  const plan = emptyPlan(
    workspace,
    `put it in front of a feature in src/routes.ts, then npm run check`,
  );
  await create(
    plan,
    `src/middleware/${file}.ts`,
    `// Middleware: ${prose(words)}.
import type { RequestHandler } from "express";

/**
 * In front of a feature, in src/routes.ts: \`app.use("/orders", ${variable}, createOrdersRouter(services))\`.
 * To refuse a request, throw a Problem of berth/http; for a value that handlers read, see its requestValue.
 */
export const ${variable}: RequestHandler = (_req, _res, next) => {
  next();
};
`,
  );
  await create(
    plan,
    `test/middleware/${file}.test.ts`,
    `import request from "supertest";
import { createTestApp } from "berth/testing";
import { ${variable} } from "../../src/middleware/${file}";

const { app } = createTestApp((router) => {
  router.get("/", ${variable}, (_req, res) => void res.json({ isHandled: true }));
});

describe("${variable}", () => {
  it("passes a request on", async () => {
    const res = await request(app).get("/");
    expect([res.status, res.body]).toEqual([200, { isHandled: true }]);
  });
});
`,
  );
  return plan;
}
