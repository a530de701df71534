// The platforms: their time limits, and the clauses that they turn from SHOULD into MUST.
import { parseOneOf } from "./args";

/** The limits of one platform, and the clauses that are mandatory there. */
export interface Platform {
  readonly name: string;
  /** From the start until the port must be open. */
  readonly bootSeconds: number;
  /** Grace period: from the first signal until SIGKILL. */
  readonly graceSeconds: number;
  /** How long its router keeps and reuses an idle connection. */
  readonly idleSeconds: number;
  /** From the request until the first byte of the response. */
  readonly firstByteSeconds: number;
  /** Clauses that are a SHOULD elsewhere but a MUST here. */
  readonly demands: readonly string[];
  /** The source of the numbers. */
  readonly source: string;
}

/** The tightest of the common limits; only piku and Fly are tighter. */
const anywhere: Platform = {
  name: "anywhere",
  bootSeconds: 60,
  graceSeconds: 10,
  idleSeconds: 90,
  firstByteSeconds: 30,
  demands: [],
  source: "the tightest limits of the common platforms",
};

const platforms: readonly Platform[] = [
  anywhere,
  {
    ...anywhere,
    name: "heroku",
    graceSeconds: 30,
    demands: ["H3"],
    source: "Heroku: R10 boot 60 s, R12 exit 30 s, H12 request 30 s, Router 2.0 idle 90 s",
  },
  {
    ...anywhere,
    name: "cloud-run",
    bootSeconds: 240,
    firstByteSeconds: 300,
    source: "Cloud Run container runtime contract: SIGTERM 10 s, startup 240 s, request 300 s",
  },
  {
    ...anywhere,
    name: "cloud-foundry",
    firstByteSeconds: 900,
    source: "Cloud Foundry: start 60 s, 10 s to exit, gorouter request 900 s and idle 90 s",
  },
  {
    ...anywhere,
    name: "kubernetes",
    graceSeconds: 30,
    demands: ["H5", "D10"],
    source: "Kubernetes: terminationGracePeriodSeconds 30, probes, the endpoint race",
  },
  {
    ...anywhere,
    name: "dokku",
    graceSeconds: 30,
    idleSeconds: 60,
    firstByteSeconds: 60,
    source: "Dokku: stop-timeout 30 s after two SIGTERMs; nginx 60 s for idle and responses",
  },
  {
    ...anywhere,
    name: "piku",
    graceSeconds: 3,
    idleSeconds: 60,
    demands: ["S2"],
    source: "piku: uWSGI SIGTERM every second, SIGKILL at 3 s; all instances share one PORT",
  },
  {
    ...anywhere,
    name: "fly",
    graceSeconds: 5,
    demands: ["D9"],
    source: "Fly: kill_signal SIGINT, kill_timeout 5 s",
  },
  {
    ...anywhere,
    name: "elastic-beanstalk",
    graceSeconds: 90,
    idleSeconds: 60,
    firstByteSeconds: 60,
    source: "Elastic Beanstalk: nginx and load balancer 60 s, systemd TimeoutStopSec 90 s",
  },
];

/** The values of `--platform`. */
export const platformNames: readonly string[] = platforms.map(({ name }) => name);

/** Finds a platform by its name. @throws UsageError when the name is unknown */
export function platformNamed(name: string): Platform {
  parseOneOf("--platform", name, platformNames);
  return platforms.find((platform) => platform.name === name) as Platform;
}
