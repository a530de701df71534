// S3: the port may be bound already, by whoever starts the process.
import type { Server } from "node:net";
import { type Clause, fail, pass, skip } from "../clause";
import { NotUp, whyItExited } from "../come-up";
import type { Context } from "../context";
import { heldPort } from "../ports/free-port";
import { until, within } from "../harness/wait";

// Only the process itself knows its pid before it runs.
const withItsPid = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"] as const;

function descriptorOf(server: Server): number {
  return (server as Server & { _handle: { fd: number } })._handle.fd;
}

/** Passes a listening socket, and says on which port the program then serves. @throws NotUp when it exits instead */
async function choiceOf(context: Context) {
  const { server, port: passed } = await heldPort();
  const argv = [...withItsPid, ...context.settings.command.argv] as const;
  const env = { LISTEN_FDS: "1" };
  const run = await context.launch({ argv, fd3: descriptorOf(server), env });
  server.close();
  const asks = (port: number) =>
    within(
      context.ask({ host: "127.0.0.1", port }).catch(() => undefined),
      500,
    );
  const served = await until(async () => {
    for (const port of [run.port, passed]) if (await asks(port)) return port;
    if (run.exit()) throw new NotUp(whyItExited(run));
  }, context.settings.platform.bootSeconds * 1000);
  return { own: run.port, passed, served };
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
    const { own, passed, served } = await choiceOf(context);
    if (served === own) return skip("not offered: it binds PORT");
    if (!served) return fail("serves neither the passed socket nor PORT");
    const foreign = { LISTEN_FDS: "1", LISTEN_PID: "1" };
    try {
      await context.start({ env: foreign });
    } catch (error) {
      if (!(error instanceof NotUp)) throw error;
      return fail(`when LISTEN_PID is another process: ${error.message}`);
    }
    return pass(`serves the passed ${passed}; binds PORT when LISTEN_PID is another process`);
  },
};
