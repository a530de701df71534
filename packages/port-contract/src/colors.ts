// Whether to write in colour.
import { WriteStream } from "node:tty";

/**
 * Only to a terminal that has colours and without `NO_COLOR`, unless `FORCE_COLOR` says otherwise.
 * @see https://no-color.org
 */
export function hasColors(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  // Set but empty, it has no meaning; Node's own rule differs.
  const { NO_COLOR, ...others } = env;
  const depth = WriteStream.prototype.getColorDepth(NO_COLOR ? env : others);
  return (isTerminal || env.FORCE_COLOR !== undefined) && depth > 2;
}
