// Clients for tests of a gRPC process.
import { join } from "node:path";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { loadProtos, type Protos, serviceIn } from "./protos";

export { status };

/** One of this package's own files, such as `health.proto`. */
export const ownProtos = (file: string): Protos => loadProtos(join(__dirname, "../protos", file));

/** A client of grpc-js, which the test closes; methods are named as `Ships.GetShip`. */
export function createClient(port: number, protos: Protos) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const find = (name: string) => {
    const [service, method = ""] = name.split(".");
    const full = Object.keys(protos.definitions).find((of) => of.endsWith(`.${service}`)) ?? "";
    return serviceIn(protos, full)[method]!;
  };
  return {
    client,
    /** Resolves with the answer and its trailing metadata; rejects with the status. */
    unary<T>(name: string, request: object = {}, metadata = new Metadata()) {
      const { path, requestSerialize, responseDeserialize } = find(name);
      return new Promise<{ answer: T; trailers: Metadata }>((resolve, reject) => {
        let answer: T;
        client
          .makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            metadata,
            (err, got) => (err ? reject(err) : (answer = got as T)),
          )
          .on(
            "status",
            ({ code, metadata: trailers }) => code === status.OK && resolve({ answer, trailers }),
          );
      });
    },
    /** An error comes to who reads, and may come after the test. */
    stream(name: string, request: object = {}) {
      const { path, requestSerialize, responseDeserialize } = find(name);
      return client
        .makeServerStreamRequest(path, requestSerialize, responseDeserialize, request)
        .on("error", () => undefined);
    },
    bidi(name: string) {
      const { path, requestSerialize, responseDeserialize } = find(name);
      return client
        .makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
        .on("error", () => undefined);
    },
  };
}
