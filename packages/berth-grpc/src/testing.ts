// A gRPC client for tests.
import { join } from "node:path";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { loadProtos, type Protos, serviceIn } from "./protos";

export { status };

/** Loads one of this package's own files, such as `health.proto`. */
export const ownProtos = (file: string): Protos => loadProtos(join(__dirname, "../protos", file));

/** Creates a grpc-js client, which the test must close. Methods are named like `Ships.GetShip`. */
export function createClient(port: number, protos: Protos) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const find = (name: string) => {
    const [service, method = ""] = name.split(".");
    const full = Object.keys(protos.definitions).find((key) => key.endsWith(`.${service}`)) ?? "";
    return serviceIn(protos, full)[method]!;
  };
  return {
    client,
    /** Resolves with the response and its trailing metadata; rejects with the status. */
    unary<T>(name: string, request: object = {}, metadata = new Metadata()) {
      const { path, requestSerialize, responseDeserialize } = find(name);
      return new Promise<{ response: T; trailers: Metadata }>((resolve, reject) => {
        let response: T;
        client
          .makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            metadata,
            (err, got) => (err ? reject(err) : (response = got as T)),
          )
          .on(
            "status",
            ({ code, metadata: trailers }) => code === status.OK && resolve({ response, trailers }),
          );
      });
    },
    /** Errors are ignored unless the test reads the stream, since they may occur after the test. */
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
