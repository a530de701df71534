// Server reflection: tools such as grpcurl ask it for services and message types.
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import type { RpcService } from "./handlers";
import { linkFiles } from "./proto-imports";
import { loadProtos, type Protos } from "./protos";

/** The supported requests. There are no extensions to ask for, as proto3 has none. */
interface ReflectionRequest {
  messageRequest?: string;
  fileByFilename: string;
  fileContainingSymbol: string;
}

/**
 * Creates the reflection service in its versions v1 and, for older tools, v1alpha.
 * @param services The services to describe, besides reflection itself.
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

  function respond(request: ReflectionRequest) {
    switch (request.messageRequest) {
      case "listServices":
        return { listServicesResponse: { service: names } };
      case "fileByFilename":
        return fileDescriptors(files.byName.get(request.fileByFilename));
      case "fileContainingSymbol":
        return fileDescriptors(files.bySymbol(request.fileContainingSymbol));
      default:
        return failure(status.UNIMPLEMENTED, "Only services, files and symbols are supported.");
    }
  }

  async function* serverReflectionInfo(requests: object) {
    for await (const originalRequest of requests as AsyncIterable<object>) {
      yield { originalRequest, ...respond(originalRequest as ReflectionRequest) };
    }
  }

  return own;
}

const fileDescriptors = (fileDescriptorProto: readonly Buffer[] | undefined) =>
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
    const descriptors = linked.map(({ bytes }) => bytes);
    for (const symbol of Object.keys(definitions)) symbols.set(symbol, descriptors);
  }
  /** A method or field is not in the map: its service or message is. */
  const bySymbol = (symbol: string) =>
    symbols.get(symbol) ?? symbols.get(symbol.slice(0, Math.max(symbol.lastIndexOf("."), 0)));
  return { byName, bySymbol };
}
