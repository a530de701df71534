// Loads .proto files: what a service's messages look like, without generated code.
import { basename, dirname } from "node:path";
import {
  loadSync,
  type MessageTypeDefinition,
  type Options,
  type PackageDefinition,
  type ProtobufTypeDefinition,
  type ServiceDefinition,
} from "@grpc/proto-loader";

export type { ServiceDefinition };

/** What a file, and those that it imports, define. */
export interface Protos {
  /** Services, messages and enums by their names, with their package's. */
  definitions: PackageDefinition;
  /** As bytes of `google.protobuf.FileDescriptorProto`, one for each package. */
  files: readonly Buffer[];
}

/**
 * Loads a file, and those that it imports from its own folder. For handlers, fields are in camel case, and all there;
 * 64-bit integers are text, and enums have the names of their values.
 * @param path Absolute.
 */
export function loadProtos(path: string): Protos {
  const load = (how: Options) => loadSync(basename(path), { includeDirs: [dirname(path)], ...how });
  return {
    definitions: load({ longs: String, enums: String, defaults: true, oneofs: true }),
    // Clients shall see the fields' own names.
    files: filesOf(load({ keepCase: true })),
  };
}

/** Each definition has all the files. */
function filesOf(definitions: PackageDefinition): readonly Buffer[] {
  const found = Object.values(definitions).find((of) => "format" in of);
  return (found as ProtobufTypeDefinition | undefined)?.fileDescriptorProtos ?? [];
}

/** The service of this name. @throws TypeError when the file has none. */
export function serviceIn({ definitions }: Protos, name: string): ServiceDefinition {
  const found = definitions[name];
  if (found === undefined || "format" in found) throw new TypeError(`There is no service ${name}`);
  return found;
}

/** The message of this name. @throws TypeError when the file has none. */
export function messageIn(
  { definitions }: Protos,
  name: string,
): MessageTypeDefinition<object, object> {
  const found = definitions[name];
  if (found === undefined || !("serialize" in found)) {
    throw new TypeError(`There is no message ${name}`);
  }
  return found as MessageTypeDefinition<object, object>;
}
