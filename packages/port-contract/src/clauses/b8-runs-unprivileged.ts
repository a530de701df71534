// B8: runs without root, and writes only below /tmp.
import { type Clause, fail, pass, skip } from "../clause";
import { confined } from "../system/confine";
import { NotUp } from "../startup";

export const clause: Clause = {
  id: "B8",
  level: "MUST",
  title: "runs as non-root, with only the environment, on a read-only root",
  demandedBy:
    "Knative runtime contract: only /tmp is guaranteed to be writable; Kubernetes restricted pods",
  breaksOn: "Cloud Run, Knative, Kubernetes with runAsNonRoot and readOnlyRootFilesystem, Heroku",
  fix: "write nothing next to the code: keep state in backing services, logs on stdout, scratch files in /tmp",
  procedure:
    "As root: run as uid 65534, with CAP_DAC_READ_SEARCH if the working directory is private, and, where the system " +
    "permits it, in a mount namespace with a read-only / except for /tmp.",
  async check({ start, settings }) {
    const { argv, how, env } = confined(settings.command.argv);
    try {
      await start({ argv, env });
      return pass(how);
    } catch (error) {
      if (!(error instanceof NotUp)) throw error;
      if (/exited with 12[67]/.test(error.message))
        return skip(`uid 65534 cannot read the program: ${error.message}`);
      return fail(`${how}: ${error.message}`);
    }
  },
};
