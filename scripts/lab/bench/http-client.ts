// One request on a connection of its own, as a stranger would send it.
import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

/** A request to a server on this machine. */
export interface Sent {
  port: number;
  method?: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** An answer in full. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends a request and resolves with the answer. */
export function send({ port, path, method = "GET", headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false };
    const req = request(options, (res) => {
      text(res).then((answered) => {
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: answered });
      }, reject);
    });
    req.on("error", reject);
    req.end(body);
  });
}
