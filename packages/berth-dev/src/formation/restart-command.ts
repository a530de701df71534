// `restart`: asks the formation that runs in a folder to restart its processes, and tells how that goes.
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Answer, Request } from "./control";
import { controlSockets, reach } from "./control-socket";
import { formationId } from "./formation-id";
import { createLineSplitter } from "./lines";

/**
 * Restarts these types of the folder's formation, and resolves once they are up again.
 * @param port Which formation, by its first port; when not given the one that runs.
 * @throws Error when none or several run, or something is not up again.
 */
export async function restartProcesses(
  directory: string,
  port: number | undefined,
  types: string[],
  say: (text: string) => void,
): Promise<void> {
  const socket = await findFormation(directory, port);
  const request: Request = { restart: types };
  socket.write(`${JSON.stringify(request)}\n`);
  const end = await readAnswers(socket, say);
  if (end === undefined) throw new Error("the formation has ended before the restart was done");
  if ("failed" in end) throw new Error(withoutControls(end.failed));
}

/** @throws Error unless exactly one runs. */
async function findFormation(directory: string, port: number | undefined): Promise<Socket> {
  const sockets = controlSockets(formationId(directory));
  const asked = sockets.filter((each) => port === undefined || each.port === port);
  const tried = asked.map(async ({ port, path }) => ({ port, socket: await reach(path) }));
  const running = (await Promise.all(tried)).filter(({ socket }) => socket !== undefined);
  const [first] = running;
  if (first?.socket && running.length === 1) return first.socket;
  running.forEach(({ socket }) => socket?.destroy());
  const where = `of ${directory}${port === undefined ? "" : ` on port ${port}`}`;
  if (!first) throw new Error(`no formation ${where} is running: start it, or go to its folder`);
  const ports = running.map((each) => each.port).join(" and ");
  throw new Error(`formations ${where} run on ports ${ports}: choose one with -p`);
}

/** The text comes from another process, and may not steer the terminal: with an escape sequence it could. */
const withoutControls = (text: string): string => text.replace(/\p{Cc}/gu, "");

/** Resolves to the last answer, or to nothing when the formation goes without one. */
async function readAnswers(socket: Socket, say: (text: string) => void) {
  let end: Exclude<Answer, { say: string }> | undefined;
  const lines = createLineSplitter((line) => {
    const answer = JSON.parse(line) as Answer;
    if ("say" in answer) say(withoutControls(answer.say));
    else end = answer;
  });
  socket.on("data", (chunk: Buffer) => lines.write(chunk)).on("error", () => {});
  await once(socket, "close");
  return end;
}
