// Reflection: tells tools such as grpcurl what is served, and what its messages look like.
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import type { RpcService } from "./handlers";
import { linkFiles } from "./proto-imports";
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
    protos: loadProtos(join(__dirname, `../protos/reflection-${version}.proto`)),
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
    const linked = linkFiles(files);
    for (const { name, bytes } of linked) byName.set(name, [bytes]);
    const whole = linked.map(({ bytes }) => bytes);
    for (const symbol of Object.keys(definitions)) symbols.set(symbol, whole);
  }
  /** A method's or a field's file is that of what it belongs to. */
  const bySymbol = (symbol: string) =>
    symbols.get(symbol) ?? symbols.get(symbol.slice(0, Math.max(symbol.lastIndexOf("."), 0)));
  return { byName, bySymbol };
}
