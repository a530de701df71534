// Tests the built service with monitoring agents loaded by NODE_OPTIONS, beside stock Express with the same agents.
import { join } from "node:path";
import { ownEnvironment } from "berth-dev/contract";
import { parseCommandLine } from "port-contract/args";
import { reapOnExit, send, startServer, stop } from "port-contract/harness";
import { type Agent, AGENTS, environmentOf, FOLDER, installAgents } from "./agents";
import { type Service, SERVICES, type Trial, tryService } from "./trial";

const HELP = `Tests the built service and stock Express with each monitoring agent: ${AGENTS.map(({ name }) => name).join(", ")}.
Installs the agents into a cache on first use. Exits with 1 if the service fails with an agent.

npm run instrumentation
  --help  print this
`;

const SERVICE = join(__dirname, "../../dist/server.js");
const LIMIT_MS = 20_000;

/** Starts `dist/server.js` with an agent, sends requests, and stops it; returns everything that is wrong. */
async function tryOwnService(agent: Agent): Promise<string[]> {
  const env = { ...ownEnvironment(), ...environmentOf(agent, FOLDER) };
  const run = await startServer([process.execPath, SERVICE], { isolated: true, env });
  try {
    const address = { host: "127.0.0.1", port: run.port };
    const wrong: string[] = [];
    for (const [path, expected] of [
      ["/livez", 200],
      ["/nothing", 404],
    ] as const) {
      const { status } = await send(address, { path }, LIMIT_MS);
      if (status !== expected) wrong.push(`dist/server.js responds ${status} to ${path}`);
    }
    const { exit } = await stop(run, LIMIT_MS);
    if (exit?.code !== 0) wrong.push(`dist/server.js exits with ${exit?.code ?? exit?.signal}`);
    return wrong;
  } finally {
    await run.reap();
  }
}

const COLUMNS = ["agent", "service", "result", "lost", "exit", "res.json by", "µs/GET", "added"];
const WIDTHS = [14, 8, 7, 5, 5, 12, 7, 6];

function print(cells: readonly string[]): void {
  const line = cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join(" ");
  console.log(line.trimEnd());
}

/** CPU time of a small GET without an agent, by service, in microseconds. */
const bareUs = new Map<string, number>();

function report(agent: Agent, service: Service, trial: Trial): void {
  const { lost, exit, author, cpuUs, wrong, warnings } = trial;
  if (agent.module === undefined) bareUs.set(service.name, cpuUs);
  const added = Math.round(cpuUs - (bareUs.get(service.name) ?? NaN));
  const result = wrong.length > 0 ? "WRONG" : "ok";
  const cells = [result, String(lost), exit, author, String(Math.round(cpuUs)), `+${added}`];
  print([agent.name, service.name, ...cells]);
  for (const text of wrong) console.log(`  wrong: ${text}`);
  for (const text of warnings) console.log(`  warns: ${text}`);
}

/** Only what is wrong with Berth is a failure; stock Express is shown for comparison. */
async function tryWith(agent: Agent, service: Service): Promise<boolean> {
  try {
    const trial = await tryService(agent, service);
    if (service.isOurs) {
      if (trial.lost > 0) trial.wrong.push(`${trial.lost} requests are lost in its shutdown`);
      if (trial.exit !== "0") trial.wrong.push(`it exits with ${trial.exit}`);
      trial.wrong.push(...(await tryOwnService(agent)));
    }
    report(agent, service, trial);
    return service.isOurs && trial.wrong.length > 0;
  } catch (err) {
    print([agent.name, service.name, "WRONG"]);
    console.log(`  wrong: ${(err as Error).message}`);
    return service.isOurs;
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const options = { help: { type: "boolean" } } as const;
  const { help } = parseCommandLine(argv, options, { allowPositionals: false }).values;
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  reapOnExit();
  installAgents();
  print(COLUMNS);
  let isAnyWrong = false;
  for (const agent of AGENTS) {
    for (const service of SERVICES) isAnyWrong = (await tryWith(agent, service)) || isAnyWrong;
  }
  return isAnyWrong ? 1 : 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (err: unknown) => {
    process.stderr.write(`instrumentation: ${(err as Error).message}\n`);
    process.exit(1);
  },
);
