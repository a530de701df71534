import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { FileDescriptorProto } from "protobufjs/ext/descriptor";
import { ownProtos } from "../src/testing";
import { closeGrpc, createClient, startGrpc } from "./support/grpc";

afterEach(closeGrpc);

interface ReflectionResponse {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
  errorResponse?: { errorCode: number };
}

interface File {
  name: string;
  package: string;
  dependency: string[];
  messageType: { field: { name: string }[] }[];
}

describe.each(["v1", "v1alpha"])("reflection %s", (version) => {
  async function ask(question: object): Promise<ReflectionResponse> {
    const { port } = await startGrpc();
    const client = createClient(port, ownProtos(`reflection-${version}.proto`));
    const call = client.bidi("ServerReflection.ServerReflectionInfo");
    call.end(question);
    const [response] = (await once(call, "data")) as [ReflectionResponse];
    return response;
  }

  const filesOf = ({ fileDescriptorResponse }: ReflectionResponse) =>
    fileDescriptorResponse?.fileDescriptorProto.map(
      (bytes) => FileDescriptorProto.decode(bytes) as unknown as File,
    );

  it("lists the services", async () => {
    const { listServicesResponse } = await ask({ listServices: "*" });
    expect(listServicesResponse?.service.map(({ name }) => name)).toEqual([
      "test.ships.Ships",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
  });

  it.each(["test.ships.Ships", "test.ships.Ships.GetShip", "test.ships.Ship"])(
    "returns the files of %s, with their imports",
    async (symbol) => {
      const files = filesOf(await ask({ fileContainingSymbol: symbol }));
      expect(files).toHaveLength(2);
      const [ships, harbours] = ["test.ships", "test.harbours"].map((name) =>
        files!.find((of) => of.package === name)!,
      );
      expect([ships!.dependency, harbours!.dependency]).toEqual([[harbours!.name], []]);
      expect(ships!.messageType[0]!.field.map(({ name }) => name)).toContain("full_tonnage");
    },
  );

  it("returns a file by name", async () => {
    const files = filesOf(await ask({ fileByFilename: "test_ships.proto" }));
    expect(files?.map(({ name }) => name)).toEqual(["test_ships.proto"]);
  });

  it.each([
    [{ fileContainingSymbol: "test.Nothing" }, 5],
    [{ fileByFilename: "nothing.proto" }, 5],
    [{ allExtensionNumbersOfType: "test.ships.Ship" }, 12],
  ])("responds with an error to %j", async (question, errorCode) => {
    expect((await ask(question)).errorResponse).toMatchObject({ errorCode });
  });
});

it("can be disabled", async () => {
  const { port } = await startGrpc({}, { hasReflection: false });
  const client = createClient(port, ownProtos("reflection-v1.proto"));
  const call = client.bidi("ServerReflection.ServerReflectionInfo");
  call.end();
  await expect(once(call, "data")).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
});
