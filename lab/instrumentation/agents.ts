// The monitoring agents: how each is installed and loaded, and the settings that keep it from contacting its vendor.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A monitoring agent, loaded as documented by `NODE_OPTIONS=--require …`. */
export interface Agent {
  name: string;
  /** The module to require, relative to the folder where the agents are installed. */
  module?: string;
  env: Readonly<Record<string, string>>;
}

/** An address where nothing listens, as when an agent's collector is down. */
const NOWHERE = "http://127.0.0.1:1";

export const AGENTS: readonly Agent[] = [
  { name: "none", env: {} },
  {
    name: "OpenTelemetry",
    module: "@opentelemetry/auto-instrumentations-node/register",
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE,
      // The other detectors query cloud metadata services.
      OTEL_NODE_RESOURCE_DETECTORS: "env,host,os,process",
    },
  },
  // Sentry is configured in code, as documented.
  {
    name: "Sentry",
    module: "./sentry.js",
    env: { SENTRY_DSN: `${NOWHERE.replace("//", "//key@")}/1` },
  },
  {
    name: "Datadog",
    module: "dd-trace/init",
    env: {
      DD_TRACE_AGENT_URL: NOWHERE,
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: "false",
      DD_REMOTE_CONFIGURATION_ENABLED: "false",
      DD_CRASHTRACKING_ENABLED: "false",
      DD_TRACE_STARTUP_LOGS: "false",
    },
  },
  {
    name: "New Relic",
    module: "newrelic",
    env: {
      NEW_RELIC_APP_NAME: "berth",
      NEW_RELIC_LICENSE_KEY: "0".repeat(40),
      NEW_RELIC_HOST: "127.0.0.1",
      NEW_RELIC_PORT: "1",
      NEW_RELIC_LOG_ENABLED: "false",
      NEW_RELIC_NO_CONFIG_FILE: "true",
    },
  },
];

/** The environment that loads an agent. @param folder Where the agents are installed. */
export function environmentOf({ module, env }: Agent, folder: string): Record<string, string> {
  if (module === undefined) return { ...env };
  const file = require.resolve(module, { paths: [folder] });
  return { ...env, NODE_OPTIONS: `--require ${JSON.stringify(file)}` };
}

/** Where the agents are installed, outside the template's node_modules. */
export const FOLDER = join(__dirname, "../../node_modules/.cache/instrumentation");

const LOCK = "package-lock.json";

/**
 * Installs the agents from their lock file unless the cache is up to date. Skips their install scripts, which only compile optional
 * addons.
 */
export function installAgents(): void {
  mkdirSync(FOLDER, { recursive: true });
  const isDone = isInstalled();
  for (const file of ["package.json", LOCK, "sentry.js"]) {
    copyFileSync(join(__dirname, file), join(FOLDER, file));
  }
  if (isDone) return;
  const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", ["ci", ...options], { cwd: FOLDER, stdio: ["ignore", 2, 2] });
  copyFileSync(join(FOLDER, LOCK), join(FOLDER, "node_modules", LOCK));
}

/** The lock file is copied into node_modules after a complete installation. */
function isInstalled(): boolean {
  const installed = join(FOLDER, "node_modules", LOCK);
  return (
    existsSync(installed) &&
    readFileSync(installed, "utf8") === readFileSync(join(__dirname, LOCK), "utf8")
  );
}
