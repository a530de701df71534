// Loads .proto files without generating code.
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

/** The definitions of a file and its imports. */
export interface Protos {
  /** Services, messages and enums by full name. */
  definitions: PackageDefinition;
  /** Serialized `google.protobuf.FileDescriptorProto`s, one per package. */
  files: readonly Buffer[];
}

/**
 * Loads a file and its imports from the same folder. Handlers see all fields, in camel case, 64-bit integers as strings,
 * and enum values by name.
 * @param path An absolute path.
 */
export function loadProtos(path: string): Protos {
  const load = (options: Options) =>
    loadSync(basename(path), { includeDirs: [dirname(path)], ...options });
  return {
    definitions: load({ longs: String, enums: String, defaults: true, oneofs: true }),
    // Reflection must show the original field names.
    files: filesOf(load({ keepCase: true })),
  };
}

/** Every message and enum refers to all the files, so the first one will do. */
function filesOf(definitions: PackageDefinition): readonly Buffer[] {
  const found = Object.values(definitions).find((definition) => "format" in definition);
  return (found as ProtobufTypeDefinition | undefined)?.fileDescriptorProtos ?? [];
}

/** Returns the service with this full name. @throws TypeError when there is none */
export function serviceIn({ definitions }: Protos, name: string): ServiceDefinition {
  const found = definitions[name];
  if (found === undefined || "format" in found) throw new TypeError(`There is no service ${name}`);
  return found;
}

/** Returns the message with this full name. @throws TypeError when there is none */
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
