// `npm run fuzz`: fuzzes the service in the working directory, or a running one.
import { type Options, parseOptions, usage } from "./options";

/** Shows on a terminal what is being tried, in a line that the next one replaces. */
const show = (text: string): void => {
  const { stderr } = process;
  // Longer than the terminal, it would be left behind.
  if (stderr.isTTY) stderr.write(`\r\x1b[K${text.slice(0, (stderr.columns || 80) - 1)}`);
};

/** @returns Whether all responses were as described. */
async function run({ url: running, token, ...options }: Options): Promise<boolean> {
  // Loaded only when used: fast-check and ajv take a second, which --help and a mistyped option need not wait for.
  const { fuzz } = await import("./fuzz.js");
  const { startOwnService } = await import("./own-service.js");
  const { findingsOf, tableOf } = await import("./report.js");
  if (running === undefined) show("starting the service");
  const own = running === undefined ? await startOwnService() : undefined;
  const url = own?.url ?? running ?? "";
  const givenToken = token === undefined ? undefined : () => Promise.resolve(token);
  const startedAt = performance.now();
  try {
    const tried = await fuzz(
      { ...options, url, token: own?.token ?? givenToken },
      (name, done, all) => show(`${done}/${all} tried, now ${name}`),
    );
    show("");
    // The service stops now, but `npm run dev` serves the same routes.
    const shown = running ?? "http://localhost:5000";
    const findings = findingsOf(tried, { ...options, url: shown, errorOf: own?.errorOf });
    const inputs = tried.reduce((sum, { valid, invalid }) => sum + valid + invalid, 0);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(tableOf(tried));
    for (const finding of findings) console.log(`\n${finding}`);
    console.log(
      `\n${tried.length} routes, ${inputs} inputs, ${seconds} s, ${findings.length} findings (--seed ${options.seed})`,
    );
    return findings.length === 0;
  } finally {
    show("");
    await own?.stop();
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv);
  if (options.help) return void process.stdout.write(usage);
  if (!(await run(options))) process.exitCode = 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}

main(process.argv.slice(2)).catch((err: Error) => {
  console.error(`fuzz: ${err.message}`);
  process.exit(1);
});
