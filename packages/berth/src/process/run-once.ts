// Runs a process that does its work and exits, such as a release or a job of a scheduler.
import type { Logger } from "pino";
import { enter } from "./entry";
import type { ConfigOf } from "./environment";
import { parentGone } from "./parent-shell";
import { interruptedExitCode, onStopRequest } from "./stop-request";
import type { processVariables } from "./variables";

/**
 * Runs `work` and exits: with 0 once it resolves, with 1 when it rejects, and as a shell has it (143 for SIGTERM) as soon
 * as the process is told to stop.
 * @param consequence What the log says becomes of work that is interrupted.
 */
export const runOnce = <V extends typeof processVariables>(
  variables: V,
  work: (process: { config: ConfigOf<V>; logger: Logger }) => Promise<unknown>,
  consequence: string,
): Promise<void> =>
  enter(variables, (config, logger) => {
    const orphaned = parentGone(process);
    const stop = onStopRequest({ process, logger, orphaned, consequence });
    return Promise.race([
      work({ config, logger }).then(() => 0),
      stop.requested.then(interruptedExitCode),
    ]);
  });
