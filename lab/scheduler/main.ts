// The experiments with the image, and with a scheduler that runs it: Docker Swarm.
import { type Finding, runExperiments } from "../experiments/run";
import { requireProgram } from "../recipes/missing";
import { prepareImage } from "./build-image";
import { type Docker, startDocker } from "./docker";
import { image } from "./image";
import { HELP, type Options, parseOptions } from "./options";
import { rollouts } from "./rollouts";

/** Looked for at once, since an image takes minutes; each with its Debian package. */
const PROGRAMS = [
  ["docker", "docker.io"],
  ["dockerd", "docker.io"],
  ["haproxy", "haproxy"],
  ["pg_ctlcluster", "postgresql"],
] as const;

let started: Promise<Docker> | undefined;

/**
 * Starts the daemon and makes the image for the first experiment; both last until the tool exits.
 * @throws MissingProgram when a program is not installed
 */
async function start(options: Options): Promise<Docker> {
  for (const [program, debianPackage] of PROGRAMS) requireProgram(program, debianPackage);
  const docker = await startDocker();
  await prepareImage(docker, options);
  return docker;
}

const onDocker =
  (experiment: (docker: Docker) => Promise<Finding>) =>
  async (options: Options): Promise<Finding> =>
    experiment(await (started ??= start(options)));

// Debian's daemons are in sbin, which is not on every user's path.
process.env.PATH += ":/usr/sbin";
const experiments = { image: onDocker(image), rollouts: onDocker(rollouts) };
runExperiments({ experiments, help: HELP, parseOptions });
