// H1: serves cleartext HTTP/1.1; the platform's router terminates TLS.
import { type Clause, fail, pass } from "../clause";
import { responseLimitMs } from "../context";
import { type Address, connect } from "../harness/connection";
import { headOf } from "../harness/http";
import { MissingResponse } from "../harness/missing-response";
import { until } from "../harness/wait";
import { readUntil } from "../probes/probe";

/** The first line of the raw response, or why there is none. */
async function firstLine(address: Address, path: string): Promise<string> {
  const connection = await connect(address);
  connection.socket.write(headOf({ path, headers: { Connection: "close" } }));
  try {
    const [line = ""] = (await readUntil(connection, /\n/, responseLimitMs)).split(/\r?\n/);
    return line;
  } catch (error) {
    if (!(error instanceof MissingResponse)) throw error;
    return error.message;
  } finally {
    connection.close();
  }
}

export const clause: Clause = {
  id: "H1",
  level: "MUST",
  title: "speaks cleartext HTTP/1.1 and needs no TLS",
  demandedBy: "Knative and Cloud Run container contracts",
  breaksOn:
    "every platform that terminates TLS itself, which is nearly every one: 502 for each request",
  fix: "serve plain HTTP on PORT and leave certificates to the router",
  procedure:
    "Send a request over a raw socket: the response begins with a status line of HTTP/1.1.",
  protocol: "http",
  async check({ listen, settings }) {
    const service = await listen();
    let line = "";
    const isHttp = async () =>
      /^HTTP\/1\.[01] \d{3}/.test((line = await firstLine(service, settings.path)));
    // A server that binds before it is ready may drop the first requests; B7 covers that.
    if (!(await until(isHttp, 2000, 100))) return fail(`responds ${JSON.stringify(line)}`);
    if (line.startsWith("HTTP/1.0")) return fail(`responds ${line}`, { harmless: true });
    return pass(line);
  },
};
