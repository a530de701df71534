// npm run contract: checks any program that binds PORT, or the service of this checkout, against the port contract.
import { loadClauses, selectClauses } from "./catalogue";
import type { Clause } from "./clause";
import { reapOnExit } from "../harness/reaper";
import { judge, type Verdict } from "./judge";
import { type Options, parseOptions } from "./options";
import { ownOptions, prepareOwnService } from "./own-service";
import { createProgress } from "./progress";
import { createQueue } from "./queue";
import { asJson, explain, keepsContract, row, summary } from "./report";
import type { Settings } from "./settings";
import { usage } from "./usage";
import { UsageError } from "./usage-error";

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  reapOnExit();
  const clauses = selectClauses(loadClauses(), options.only);
  const { about, command } = options;
  if (command) return check(clauses, options, { ...about, command });
  const { detach, ...service } = await prepareOwnService();
  try {
    const { about, ...own } = parseOptions([...ownOptions(), ...args]);
    return await check(clauses, own, { ...about, ...service });
  } finally {
    await detach();
  }
}

async function check(
  clauses: readonly Clause[],
  { json, jobs, probe }: Pick<Options, "json" | "jobs" | "probe">,
  settings: Settings,
): Promise<number> {
  const progress = createProgress(process.stderr, clauses.length);
  const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
  const onVerdict = (verdict: Verdict) => {
    if (json) return;
    progress.clear();
    console.log(row(verdict, coloured));
  };
  const { begin: onBegin, end: onEnd } = progress;
  const enqueue = createQueue(jobs);
  const verdicts = await judge(clauses, settings, probe, { enqueue, onBegin, onEnd, onVerdict });
  progress.clear();
  console.log(json ? asJson(verdicts, settings) : conclusion(verdicts, settings));
  return keepsContract(verdicts) ? 0 : 1;
}

function conclusion(verdicts: readonly Verdict[], settings: Settings): string {
  const failures = verdicts.filter(({ outcome }) => outcome.status === "fail");
  return ["", ...failures.map((one) => `${explain(one)}\n`), summary(verdicts, settings)].join(
    "\n",
  );
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nnpm run contract -- --help lists the options.`);
    process.exit(2);
  },
);
