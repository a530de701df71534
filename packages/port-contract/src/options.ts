// Parses the command line.
import { parseArgs } from "node:util";
import { type Command, commandFrom, procfileCommand } from "./command";
import { platformNamed, platformNames } from "./platforms";
import type { Probe } from "./probes/probe";
import { probeNamed, probeNames } from "./probes";
import { defaultSettings as defaults, type Settings } from "./settings";
import { UsageError } from "./usage-error";

const flag = { type: "boolean", default: false } as const;
const text = { type: "string" } as const;
const textOr = <D extends string>(value: D) => ({ type: "string", default: value }) as const;

const known = {
  help: flag,
  json: flag,
  only: text,
  jobs: text,
  probe: textOr(probeNames[0] ?? ""),
  platform: textOr(platformNames[0] ?? ""),
  boot: text,
  grace: text,
  slow: flag,
  path: textOr(defaults.path),
  "slow-path": text,
  "body-path": text,
  body: textOr(defaults.body),
  "live-path": textOr(defaults.livePath),
  "ready-path": textOr(defaults.readyPath),
  attached: text,
  "upstream-path": text,
  "drain-delay-env": textOr(defaults.drainDelayEnv),
  "shutdown-timeout-env": textOr(defaults.shutdownTimeoutEnv),
  "trust-proxy-env": textOr(defaults.trustProxyEnv),
  "reuse-port-env": textOr(defaults.reusePortEnv),
  "upstream-env": text,
} as const;

const defaultJobs = 4;

/** The command line, parsed. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly only?: string;
  /** How many checks run at a time. */
  readonly jobs: number;
  readonly probe: Probe;
  /** The command after `--`, if there is one. */
  readonly command?: Command;
  /** Settings for the program under test, except its command. */
  readonly about: Omit<Settings, "command">;
}

/**
 * Parses the arguments after the program's name.
 *
 * @throws UsageError when an option is unknown or its value is invalid
 */
export function parseOptions(args: readonly string[]): Options {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const values = valuesOf(own);
  return {
    help: values.help,
    json: values.json,
    only: values.only,
    jobs: parsePositive("jobs", values.jobs) ?? defaultJobs,
    probe: probeNamed(values.probe),
    command: end < 0 ? undefined : commandFrom(args.slice(end + 1)),
    about: settingsIn(values),
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: known, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function settingsIn(values: ReturnType<typeof valuesOf>): Options["about"] {
  const platform = platformNamed(values.platform);
  return {
    platform: {
      ...platform,
      bootSeconds: parsePositive("boot", values.boot) ?? platform.bootSeconds,
      graceSeconds: parsePositive("grace", values.grace) ?? platform.graceSeconds,
    },
    path: values.path,
    slowPath: values["slow-path"],
    bodyPath: values["body-path"],
    body: values.body,
    livePath: values["live-path"],
    readyPath: values["ready-path"],
    attached: attachedCommand(values.attached),
    upstreamPath: values["upstream-path"],
    drainDelayEnv: values["drain-delay-env"],
    shutdownTimeoutEnv: values["shutdown-timeout-env"],
    trustProxyEnv: values["trust-proxy-env"],
    reusePortEnv: values["reuse-port-env"],
    upstreamEnv: values["upstream-env"],
    slow: values.slow,
  };
}

/** The value is a process type of ./Procfile, or else a Procfile line. */
const attachedCommand = (value: string | undefined): Command | undefined =>
  value === undefined ? undefined : (procfileCommand(value) ?? commandFrom([value]));

function parsePositive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value) && Number(value) > 0) return Number(value);
  throw new UsageError(`--${name} ${value}: expected a number above 0`);
}
