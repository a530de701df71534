import { join } from "node:path";
import { FileDescriptorProto } from "protobufjs/ext/descriptor";
import { linkFiles } from "../src/proto-imports";
import { loadProtos } from "../src/protos";

it("adds an import for each package that a file refers to", () => {
  const { files } = loadProtos(join(__dirname, "support/fleet.proto"));
  const imports = linkFiles(files).map(({ name, bytes }) => [
    name,
    (FileDescriptorProto.decode(bytes) as unknown as { dependency: string[] }).dependency,
  ]);
  expect(Object.fromEntries(imports)).toEqual({
    "test.proto": ["test_harbours_pilots.proto"],
    "test_harbours_pilots.proto": ["test_harbours.proto"],
    "test_harbours.proto": [],
  });
});
