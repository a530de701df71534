// The files of a process type.
import { camel, kebab, prose, type Words } from "./names";

export const backgroundProcess = (
  words: Words,
): string => `// The ${prose(words)} process: works in the background until it is told to stop.
import "berth/early";
import { attachServices } from "berth/backing";
import { runUntilStopped } from "berth/process";
import { ${camel(words)}Variables } from "./config";
import { backingServices } from "./services";

void runUntilStopped(${camel(words)}Variables, ({ config, logger, every }) => {
  const { database } = backingServices;
  const { attached, services } = attachServices(
    { database },
    { config, logger, name: "${kebab(words)}" },
  );
  // Do the work here: it runs at once, then every minute. An error is logged, and the next run starts as usual.
  every(60_000, async () => {
    const [row] = await services.database.query<{ now: string }>("SELECT now()");
    logger.info({ now: row?.now }, "${prose(words)} done");
  });
  return Promise.resolve(attached); // closed at the end
});
`;

export const backgroundTest = (
  words: Words,
): string => `import { atEnd, startMigratedPostgres, startSource } from "berth/testing";

describe("the ${prose(words)} process", () => {
  it("does its work, and exits with 0 on SIGTERM", async () => {
    const { url } = await startMigratedPostgres();
    const started = startSource("src/${kebab(words)}.ts", { DATABASE_URL: url });
    atEnd(() => started.stop());
    await started.line(/"${prose(words)} done"/);
    started.child.kill("SIGTERM");
    expect(await started.exit).toBe(0);
  });

  it("does not start without its database's URL, and names it", async () => {
    const started = startSource("src/${kebab(words)}.ts", {});
    expect(await started.exit).toBe(1);
    expect(started.stderr()).toContain("DATABASE_URL: expected");
  });
});
`;

export const httpProcess = (
  words: Words,
): string => `// The ${prose(words)} process: binds PORT and serves until it is told to stop.
import "berth/early"; // first: handles signals while the rest is loaded
import { attachServices } from "berth/backing";
import { about as aboutRoute, createAppService } from "berth/http";
import { readAbout, serve } from "berth/process";
import { createApp } from "./app";
import { ${camel(words)}Variables } from "./config";
import { backingServices } from "./services";

void serve(${camel(words)}Variables, ({ config, logger, target, draining, run }) => {
  const about = readAbout(__dirname);
  const { database } = backingServices;
  const { attached } = attachServices({ database }, { config, logger, name: "${kebab(words)}" });
  const app = createApp({
    config,
    logger,
    draining,
    attached,
    // Mount routers here, as in src/routes.ts; pass them the services.
    mountRoutes: (to) => {
      to.get("/", aboutRoute(about));
    },
  });
  return run([createAppService({ name: "${kebab(words)}", app, config, logger, target })], attached);
});
`;

export const httpTest = (
  words: Words,
): string => `import { asServer, atEnd, fetchAlone, startMigratedPostgres, startSource } from "berth/testing";

describe("the ${prose(words)} process", () => {
  it("serves, and exits with 0 on SIGTERM", async () => {
    const { url } = await startMigratedPostgres();
    const started = startSource("src/${kebab(words)}.ts", { PORT: "0", DATABASE_URL: url });
    atEnd(() => started.stop());
    const server = await asServer(started);
    expect((await fetchAlone(\`\${server.url}/\`)).status).toBe(200);
    const res = await fetchAlone(\`\${server.url}/readyz\`);
    expect([res.status, await res.json()]).toEqual([
      200,
      { status: "ok", checks: { database: "ok" } },
    ]);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  it("does not start without its database's URL, and names it", async () => {
    const started = startSource("src/${kebab(words)}.ts", { PORT: "0" });
    expect(await started.exit).toBe(1);
    expect(started.stderr()).toContain("DATABASE_URL: expected");
  });
});
`;
