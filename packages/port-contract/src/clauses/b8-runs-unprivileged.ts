// B8: no root, and nothing written but below /tmp.
import { type Clause, fail, pass, skip } from "../clause";
import { confined } from "../system/confine";
import { NotUp } from "../come-up";

export const clause: Clause = {
  id: "B8",
  level: "MUST",
  title: "runs as non-root, with only the environment, on a read-only root",
  demandedBy:
    "Knative runtime contract: only /tmp is sure to be writable; Kubernetes restricted pods",
  breaksOn: "Cloud Run, Knative, Kubernetes with runAsNonRoot and readOnlyRootFilesystem, Heroku",
  mend: "write nothing beside the code: state in backing services, logs on stdout, scratch files in /tmp",
  procedure:
    "As root: run as uid 65534, with the right to read where the working directory is closed to others; where the " +
    "system lets it, in a mount namespace whose / is read-only but for /tmp.",
  async check({ start, settings }) {
    const { argv, how, env } = confined(settings.command.argv);
    try {
      await start({ argv, env });
      return pass(how);
    } catch (error) {
      if (!(error instanceof NotUp)) throw error;
      if (/exited with 12[67]/.test(error.message))
        return skip(`uid 65534 may not read the program here: ${error.message}`);
      return fail(`${how}: ${error.message}`);
    }
  },
};
