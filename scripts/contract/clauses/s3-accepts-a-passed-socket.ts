// S3: the port may be bound already, by whoever starts the process.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { type Clause, fail, pass, skip } from "../clause";
import type { Context } from "../context";
import { freePort } from "../harness/free-port";
import { until, within } from "../harness/wait";

// Only the process itself knows its pid before it runs.
const withItsPid = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"] as const;

async function bind(port: number): Promise<{ server: Server; fd: number }> {
  const server = createServer().listen(port);
  await once(server, "listening");
  const { _handle: handle } = server as Server & { _handle: { fd: number } };
  return { server, fd: handle.fd };
}

/** Passes a listening socket, and says on which of the two ports the program then serves. */
async function choiceOf(context: Context, passed: number): Promise<"passed" | "own" | undefined> {
  const { server, fd } = await bind(passed);
  const argv = [...withItsPid, ...context.settings.command.argv] as const;
  const run = await context.launch({ argv, fd3: fd, env: { LISTEN_FDS: "1" } });
  server.close();
  const asks = (port: number) =>
    within(
      context.ask({ host: "127.0.0.1", port }).catch(() => undefined),
      500,
    );
  return until(async () => {
    if (await asks(run.port)) return "own";
    return (await asks(passed)) ? "passed" : undefined;
  }, context.settings.platform.bootSeconds * 1000);
}

export const clause: Clause = {
  id: "S3",
  level: "MAY",
  title: "accepts a listening socket that it is passed (LISTEN_FDS)",
  demandedBy: "systemd socket activation, sd_listen_fds(3)",
  breaksOn:
    "nothing: without it systemd can start the service, but not on demand nor without a gap",
  mend: "when LISTEN_PID is your own pid and LISTEN_FDS is 1, listen({ fd: 3 }) instead of PORT",
  procedure:
    "Pass a listening socket as fd 3 with LISTEN_FDS=1 and LISTEN_PID: it serves there. With the LISTEN_PID of another " +
    "process it must bind PORT.",
  async check(context) {
    if (process.platform === "win32") return skip("Windows passes no descriptors");
    const port = await freePort();
    const choice = await choiceOf(context, port);
    if (choice === "own") return skip("not offered: it binds PORT");
    if (!choice) return fail("serves neither the passed socket nor PORT");
    const foreign = { LISTEN_FDS: "1", LISTEN_PID: "1" };
    const service = await context.start({ env: foreign }).catch(() => undefined);
    if (!service) return fail("believes LISTEN_FDS although LISTEN_PID is another process");
    return pass(`serves the passed ${port}; binds PORT when LISTEN_PID is another process`);
  },
};
