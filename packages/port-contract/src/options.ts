// Parses the command line.
import { parseCommandLine, parsePositiveNumber, parseWholeNumber } from "./args";
import { type Command, commandFrom, procfileCommand } from "./command";
import { platformNamed, platformNames } from "./platforms";
import type { Probe } from "./probes/probe";
import { probeNamed, probeNames } from "./probes";
import { defaultSettings as defaults, type Settings } from "./settings";

const flag = { type: "boolean", default: false } as const;
const text = { type: "string" } as const;
const textOr = <D extends string>(value: D) => ({ type: "string", default: value }) as const;

const optionTypes = {
  help: flag,
  json: flag,
  junit: text,
  only: text,
  jobs: textOr("4"),
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

/** The command line, parsed. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  /** The file for a report as JUnit XML. */
  readonly junit?: string;
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
  const values = parseValues(end < 0 ? args : args.slice(0, end));
  return {
    help: values.help,
    json: values.json,
    junit: values.junit,
    only: values.only,
    jobs: parseWholeNumber("--jobs", values.jobs, { min: 1, max: 1000 }),
    probe: probeNamed(values.probe),
    command: end < 0 ? undefined : commandFrom(args.slice(end + 1)),
    about: settingsFrom(values),
  };
}

const parseValues = (args: readonly string[]) =>
  parseCommandLine(args, optionTypes, { allowPositionals: false }).values;

function settingsFrom(values: ReturnType<typeof parseValues>): Options["about"] {
  const platform = platformNamed(values.platform);
  const { boot, grace } = values;
  return {
    platform: {
      ...platform,
      ...(boot !== undefined && { bootSeconds: parsePositiveNumber("--boot", boot) }),
      ...(grace !== undefined && { graceSeconds: parsePositiveNumber("--grace", grace) }),
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
