// S3: serves a listening socket passed by its parent process.
import type { Server } from "node:net";
import { type Clause, fail, pass, skip } from "../clause";
import { NotUp, describeEarlyExit } from "../startup";
import type { Context } from "../context";
import { heldPort } from "../ports/free-port";
import { until, within } from "../harness/wait";

// LISTEN_PID must be the pid of the program, which exec keeps.
const withItsPid = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"] as const;

function descriptorOf(server: Server): number {
  return (server as Server & { _handle: { fd: number } })._handle.fd;
}

/** Passes a listening socket, and finds the port on which the program serves. @throws NotUp when it exits */
async function portServed(context: Context) {
  const { server, port: passed } = await heldPort();
  const argv = [...withItsPid, ...context.settings.command.argv] as const;
  const env = { LISTEN_FDS: "1" };
  const run = await context.launch({ argv, fd3: descriptorOf(server), env });
  server.close();
  const responds = (port: number) =>
    within(
      context.runProbe({ host: "127.0.0.1", port }).catch(() => undefined),
      500,
    );
  const served = await until(async () => {
    for (const port of [run.port, passed]) if (await responds(port)) return port;
    if (run.exit()) throw new NotUp(describeEarlyExit(run));
  }, context.settings.platform.bootSeconds * 1000);
  return { own: run.port, passed, served };
}

export const clause: Clause = {
  id: "S3",
  level: "MAY",
  title: "accepts a listening socket that it is passed (LISTEN_FDS)",
  demandedBy: "systemd socket activation, sd_listen_fds(3)",
  breaksOn:
    "nothing: without it systemd can start the service, but neither on demand nor without downtime",
  fix: "if LISTEN_PID is the process's own pid and LISTEN_FDS is 1, listen({ fd: 3 }) instead of PORT",
  procedure:
    "Pass a listening socket as fd 3 with LISTEN_FDS=1 and LISTEN_PID: the program serves there. With the LISTEN_PID " +
    "of another process it must bind PORT.",
  async check(context) {
    if (process.platform === "win32") return skip("Windows cannot pass descriptors");
    const { own, passed, served } = await portServed(context);
    if (served === own) return skip("not offered: it binds PORT");
    if (!served) return fail("serves neither the passed socket nor PORT");
    const foreign = { LISTEN_FDS: "1", LISTEN_PID: "1" };
    try {
      await context.start({ env: foreign });
    } catch (error) {
      if (!(error instanceof NotUp)) throw error;
      return fail(`with the LISTEN_PID of another process: ${error.message}`);
    }
    return pass(`serves on the passed ${passed}; binds PORT with another process's LISTEN_PID`);
  },
};
