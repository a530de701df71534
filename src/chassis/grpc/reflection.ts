// Reflection: tells tools such as grpcurl what is served, and what its messages look like.
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import type { RpcService } from "./handlers";
import { loadProtos, type Protos } from "./protos";

/** What clients ask, as far as files in the third version of the language have an answer: they have no extensions. */
interface Question {
  messageRequest?: string;
  fileByFilename: string;
  fileContainingSymbol: string;
}

/**
 * Creates the service, by its present name and by the one that older tools know.
 * @param services What is told of, besides the service itself.
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function createReflection(services: readonly RpcService[]): RpcService[] {
  const own = ["v1", "v1alpha"].map((version): RpcService => ({
    name: `grpc.reflection.${version}.ServerReflection`,
    protos: loadProtos(join(__dirname, `protos/reflection-${version}.proto`)),
    handlers: { serverReflectionInfo },
  }));
  const all = [...services, ...own];
  const files = indexFiles(all.map(({ protos }) => protos));
  const names = all.map(({ name }) => ({ name }));

  function answerTo(question: Question) {
    switch (question.messageRequest) {
      case "listServices":
        return { listServicesResponse: { service: names } };
      case "fileByFilename":
        return descriptors(files.byName.get(question.fileByFilename));
      case "fileContainingSymbol":
        return descriptors(files.bySymbol(question.fileContainingSymbol));
      default:
        return failure(status.UNIMPLEMENTED, "Only services, files and symbols can be asked for.");
    }
  }

  async function* serverReflectionInfo(requests: object) {
    for await (const originalRequest of requests as AsyncIterable<object>) {
      yield { originalRequest, ...answerTo(originalRequest as Question) };
    }
  }

  return own;
}

const descriptors = (fileDescriptorProto: readonly Buffer[] | undefined) =>
  fileDescriptorProto
    ? { fileDescriptorResponse: { fileDescriptorProto } }
    : failure(status.NOT_FOUND, "There is no such file or symbol.");

const failure = (errorCode: status, errorMessage: string) => ({
  errorResponse: { errorCode, errorMessage },
});

function indexFiles(all: readonly Protos[]) {
  const byName = new Map<string, readonly Buffer[]>();
  const symbols = new Map<string, readonly Buffer[]>();
  for (const { definitions, files } of all) {
    const linked = withImports(files);
    for (const file of linked) byName.set(nameOf(file), [file]);
    for (const symbol of Object.keys(definitions)) symbols.set(symbol, linked);
  }
  /** A method's or a field's file is that of what it belongs to. */
  const bySymbol = (symbol: string) =>
    symbols.get(symbol) ?? symbols.get(symbol.slice(0, Math.max(symbol.lastIndexOf("."), 0)));
  return { byName, bySymbol };
}

/**
 * Says of each file which of the others it imports, as its loader does not: those whose packages it names. What is put
 * behind a message is a part of it.
 */
const withImports = (files: readonly Buffer[]): Buffer[] =>
  files.map((file) => {
    const imported = files.filter((of) => of !== file && isNamedIn(file, packageOf(of)));
    return Buffer.concat([file, ...imported.map((of) => textField(DEPENDENCY, nameOf(of)))]);
  });

/** Within a package, a name that begins with the same parts may stand without them. */
function isNamedIn(file: Buffer, name: string): boolean {
  const own = packageOf(file).split(".");
  const parts = name.split(".");
  const shared = parts.findIndex((part, i) => part !== own[i]);
  return [name, parts.slice(shared).join(".")].some((text) => file.includes(`${text}.`));
}

/** Fields of a FileDescriptorProto; the first two stand at its start, in this order. */
const NAME = 1;
const PACKAGE = 2;
const DEPENDENCY = 3;

/** A field of up to 127 bytes, as it is written. @see https://protobuf.dev/programming-guides/encoding/ */
const textField = (number: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(text)]), Buffer.from(text)]);

const textAt = (file: Buffer, number: number, start: number): string =>
  file[start] === ((number << 3) | 2)
    ? file.toString("utf8", start + 2, start + 2 + (file[start + 1] ?? 0))
    : "";

const nameOf = (file: Buffer): string => textAt(file, NAME, 0);
const packageOf = (file: Buffer): string =>
  textAt(file, PACKAGE, 2 + Buffer.byteLength(nameOf(file)));
