// The command line of the scheduler experiments.
import { parseExperiments } from "../experiments/run";

/** The experiments to run, and the image. */
export interface Options {
  /** The names of the experiments; empty for all. */
  experiments: readonly string[];
  /** A file that `docker save` has written. Default: the image is built. */
  image?: string;
  /** The Node binary of a built image. */
  node: string;
  help: boolean;
}

export const HELP = `Runs the image of this checkout on a Docker daemon of its own. Exits with 1 if a target is missed.

npm -w lab run scheduler -- [options] [EXPERIMENT …]
  image     one container: its user, its health, on a read-only root, and how it stops
  rollouts  three replicas of docs/deploy/swarm.yaml on Docker Swarm behind HAProxy, under load: an update, updates to
            a version that does not start and one that is never healthy, one replica frozen, all of them killed

  --image FILE  an image saved by docker save (default: build it from Debian's packages and --node)
  --node PATH   the Node binary of the built image (default: this one)
  --help        print this

Requires root, Docker, HAProxy and PostgreSQL, and debootstrap to build the image.
`;

/** @throws UsageError when an experiment or option is unknown */
export function parseOptions(argv: readonly string[], known: readonly string[]): Options {
  const { values, experiments } = parseExperiments(argv, known, { image: { type: "string" } });
  return { experiments, image: values.image, node: values.node, help: values.help };
}
