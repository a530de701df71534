// The client of `berth dev restart`: asks the running formation of a folder to restart processes, and prints the progress.
import { once } from "node:events";
import type { Socket } from "node:net";
import type { ControlRequest, ControlResponse } from "./control";
import { connectTo, controlSockets } from "./control-socket";
import { formationId } from "./formation-id";
import { createLineSplitter } from "./lines";

/**
 * Restarts these process types of the folder's formation, and resolves once they are up again.
 * @param port The first port of the formation, if several run.
 * @throws Error when none or several run, or a process does not come up again.
 */
export async function restartProcesses(
  directory: string,
  port: number | undefined,
  types: string[],
  say: (text: string) => void,
): Promise<void> {
  const socket = await findFormation(directory, port);
  const request: ControlRequest = { restart: types };
  socket.write(`${JSON.stringify(request)}\n`);
  const result = await readResponse(socket, say);
  if (result === undefined) throw new Error("the formation ended before the restart was complete");
  if ("failed" in result) throw new Error(withoutControls(result.failed));
}

/** @throws Error unless exactly one runs. */
async function findFormation(directory: string, port: number | undefined): Promise<Socket> {
  const sockets = controlSockets(formationId(directory));
  const candidates = sockets.filter((each) => port === undefined || each.port === port);
  const connecting = candidates.map(async ({ port, path }) => ({
    port,
    socket: await connectTo(path),
  }));
  const running = (await Promise.all(connecting)).filter(({ socket }) => socket !== undefined);
  const [first] = running;
  if (first?.socket && running.length === 1) return first.socket;
  running.forEach(({ socket }) => socket?.destroy());
  const where = `of ${directory}${port === undefined ? "" : ` on port ${port}`}`;
  if (!first)
    throw new Error(`no formation ${where} is running: start it, or run this in its folder`);
  const ports = running.map((each) => each.port).join(" and ");
  throw new Error(`formations ${where} run on ports ${ports}: choose one with -p`);
}

/** The text comes from another process: an escape sequence in it could control the terminal. */
const withoutControls = (text: string): string => text.replace(/\p{Cc}/gu, "");

/** Resolves to the result, or to undefined when the connection closes without one. */
async function readResponse(socket: Socket, say: (text: string) => void) {
  let result: Exclude<ControlResponse, { say: string }> | undefined;
  const lines = createLineSplitter((line) => {
    const response = JSON.parse(line) as ControlResponse;
    if ("say" in response) say(withoutControls(response.say));
    else result = response;
  });
  socket.on("data", (chunk: Buffer) => lines.write(chunk)).on("error", () => {});
  await once(socket, "close");
  return result;
}
