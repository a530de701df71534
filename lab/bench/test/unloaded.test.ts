// Modules that the web process does not load: those of other process types, and of disabled features.
import { once } from "node:events";
import { join } from "node:path";
import { startProcess, untilListening } from "berth/testing";
import { testEnv } from "../../../test/support/env";

const ask = join(__dirname, "ask-loaded.js");

describe("the web process", () => {
  it("loads neither another process type's packages nor the service client", async () => {
    const web = startProcess("dist/server.js", { PORT: "0", ...testEnv }, ["--require", ask]);
    await untilListening(web);
    web.child.kill("SIGTERM");
    await once(web.child, "exit");
    const line = await web.line(/^\{"loaded":/);
    const { loaded } = JSON.parse(line) as { loaded: string[] };
    const paths = loaded.join("\n");
    expect(paths).toMatch(/\/dist\/services\.js$/m);
    expect(paths).not.toMatch(
      /\/node_modules\/(undici|@opentelemetry|prom-client|ioredis|@grpc|express-rate-limit|jose|@valibot|swagger-ui-dist)\//,
    );
    expect(paths).not.toMatch(
      /\/dist\/features\/feed\/|\/berth-grpc\/dist\/(?!variables)|\/service-client/,
    );
  });
});
