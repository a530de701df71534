// Restores the imports between descriptor files, which proto-loader drops when it merges each package into one file.
import { join } from "node:path";
import { loadProtos, messageIn } from "./protos";

/** A descriptor file with its imports. */
export interface LinkedFile {
  name: string;
  /** `google.protobuf.FileDescriptorProto`. */
  bytes: Buffer;
}

interface Message {
  name: string;
  field: readonly { typeName: string }[];
  nestedType: readonly Message[];
  enumType: readonly { name: string }[];
}

interface File {
  name: string;
  package: string;
  messageType: readonly Message[];
  enumType: readonly { name: string }[];
  service: readonly { method: readonly { inputType: string; outputType: string }[] }[];
}

/** Adds to each file the imports of those that define the types it refers to. */
export function linkFiles(files: readonly Buffer[]): LinkedFile[] {
  const decoded = files.map((bytes) => ({ bytes, file: FILE.deserialize(bytes) as File }));
  /** The file that defines each symbol. */
  const definedIn = new Map(
    decoded.flatMap(({ file }) => [...symbolsOf(file)].map((symbol) => [symbol, file.name])),
  );
  return decoded.map(({ bytes, file }) => {
    const imported = new Set(
      [...referencesOf(file)].map((reference) => resolve(reference, definedIn)),
    );
    imported.delete(file.name);
    const dependencies = [...imported].filter((name) => name !== undefined);
    // Two protobuf messages, concatenated, are one with the fields of both.
    return { name: file.name, bytes: Buffer.concat([bytes, ...dependencies.map(dependency)]) };
  });
}

const FILE = messageIn(
  loadProtos(join(__dirname, "../protos/descriptor.proto")),
  "berth.descriptor.FileDescriptor",
);

function* symbolsOf(file: File): Iterable<string> {
  for (const { name } of file.enumType) yield `${file.package}.${name}`;
  for (const [scope, { enumType }] of messagesOf(file.package, file.messageType)) {
    yield scope;
    for (const { name } of enumType) yield `${scope}.${name}`;
  }
}

/** The type names that a file refers to, each with its scope. */
function* referencesOf(file: File): Iterable<readonly [scope: string, name: string]> {
  for (const [scope, { field }] of messagesOf(file.package, file.messageType)) {
    for (const { typeName } of field) yield [scope, typeName];
  }
  for (const { method } of file.service) {
    for (const { inputType, outputType } of method) {
      yield [file.package, inputType];
      yield [file.package, outputType];
    }
  }
}

function* messagesOf(
  scope: string,
  messages: readonly Message[],
): Iterable<readonly [name: string, message: Message]> {
  for (const message of messages) {
    const name = `${scope}.${message.name}`;
    yield [name, message];
    yield* messagesOf(name, message.nestedType);
  }
}

/**
 * Resolves a name from its scope outwards, and returns the file that defines it.
 * @see https://protobuf.dev/programming-guides/proto3/#name-resolution
 */
function resolve(
  [scope, name]: readonly [scope: string, name: string],
  definedIn: ReadonlyMap<string, string>,
): string | undefined {
  const file = definedIn.get(name.startsWith(".") ? name.slice(1) : `${scope}.${name}`);
  if (file !== undefined || scope === "") return file ?? definedIn.get(name);
  return resolve([scope.slice(0, Math.max(scope.lastIndexOf("."), 0)), name], definedIn);
}

/** The field number of `FileDescriptorProto.dependency`. */
const DEPENDENCY = 3;

/**
 * Encodes an imported file's name, up to 127 bytes, as this field, of wire type 2 (length-delimited).
 * @see https://protobuf.dev/programming-guides/encoding/
 */
const dependency = (name: string): Buffer =>
  Buffer.concat([Buffer.from([(DEPENDENCY << 3) | 2, Buffer.byteLength(name)]), Buffer.from(name)]);
