import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createClient, ownProtos } from "berth-grpc/testing";
import { startSource } from "berth/testing";
import { testEnv } from "./support/env";
import { startGrpcService } from "./support/grpc";

const root = join(__dirname, "..");

describe("the gRPC process", () => {
  it("reports its health, and reflects what it serves", async () => {
    const { port } = await startGrpcService();
    const health = createClient(port, ownProtos("health.proto"));
    // No database responds.
    expect((await health.unary("Health.Check")).response).toEqual({ status: "NOT_SERVING" });
    const reflection = createClient(port, ownProtos("reflection-v1.proto"));
    const call = reflection.bidi("ServerReflection.ServerReflectionInfo");
    call.end({ listServices: "*" });
    const [{ listServicesResponse }] = (await once(call, "data")) as [Listed];
    expect(listServicesResponse.service).toContainEqual({ name: "grpc.health.v1.Health" });
    for (const { client } of [health, reflection]) client.close();
  });

  it("drains, and exits with 0", async () => {
    const server = await startGrpcService();
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(server.log().map(({ msg }) => msg)).toEqual([
      `grpc is listening on port ${server.port}`,
      "SIGTERM received, draining",
    ]);
  });

  it("says that its port is already in use, and exits with 1", async () => {
    const { port } = await startGrpcService();
    const second = startSource("src/grpc.ts", { ...testEnv, PORT: String(port) });
    expect(await second.exit).toBe(1);
    expect(second.lines.join()).toContain(`Port ${port} is already in use`);
  });

  const packagesOf = (file: string): string[] => {
    const print = `
      require(${JSON.stringify(join(root, "src", file))});
      process.stdout.write(JSON.stringify(Object.keys(require.cache)));
      process.exit();`;
    const files = execFileSync(
      process.execPath,
      ["--require", "berth-dev/typescript", "-e", print],
      {
        env: { ...testEnv, PORT: "0", LOG_LEVEL: "silent" },
        encoding: "utf8",
      },
    );
    return (JSON.parse(files) as string[]).filter((name) => name.includes("node_modules"));
  };

  it("loads none of web's packages, and web none of its", () => {
    const ofGrpc = /node_modules\/(@grpc|@?protobufjs)\//;
    const ofWeb = /node_modules\/express\//;
    const [grpc, web] = [packagesOf("grpc.ts"), packagesOf("server.ts")];
    expect([
      grpc.some((name) => ofGrpc.test(name)),
      grpc.filter((name) => ofWeb.test(name)),
    ]).toEqual([true, []]);
    expect([web.some((name) => ofWeb.test(name)), web.filter((name) => ofGrpc.test(name))]).toEqual(
      [true, []],
    );
  });
});

interface Listed {
  listServicesResponse: { service: { name: string }[] };
}
