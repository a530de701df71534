// The command `berth`: each of its subcommands is a separate program.
const usage = `Usage: berth COMMAND [options]

  new         generate a feature, a migration, middleware, a process or a client of another service
  dev         run the processes of a Procfile, each on its own port
  reload      run a TypeScript program, and restart it when a file in its folder is saved
  db          migrate, seed, reset or open the development database
  postgres    run the embedded PostgreSQL
  issuer      run a token issuer for development
  fuzz        send valid and invalid requests to every described route
  contract    check a program against the port contract
  doctor      find what is wrong on this machine and in this clone, and how to fix it
  remove      remove parts of the service, such as its sample
  add         add parts of the template that the service does not have
  upgrade     upgrade Berth's packages, and merge the template's changes
  eject       copy the sources of one of Berth's packages into the service, so that you can change them

Run berth COMMAND --help for its options.`;

const programs: Readonly<Record<string, () => unknown>> = {
  new: () => import("./generate/main.js"),
  dev: () => import("./formation/main.js"),
  reload: () => import("./reload/reload.js"),
  db: () => import("./db/main.js"),
  postgres: () => import("./embedded-postgres/main.js"),
  issuer: () => import("./issuer/main.js"),
  fuzz: () => import("./fuzz/main.js"),
  contract: () => import("./contract/main.js"),
  doctor: () => import("./doctor/main.js"),
  remove: async () => (await import("./scaffold/main.js")).runScaffold("remove"),
  add: async () => (await import("./scaffold/main.js")).runScaffold("add"),
  upgrade: async () => (await import("./upgrade/index.js")).runUpgrade(),
  eject: async () => (await import("./upgrade/index.js")).runEject(),
};

/** Started by `berth upgrade` of an older version only. */
const internal: typeof programs = {
  "apply-upgrade": async () => (await import("./upgrade/index.js")).runApplyUpgrade(),
};

/** Removed from process.argv, so that each program parses only its own arguments. */
const [command = "--help"] = process.argv.splice(2, 1);
const program = programs[command] ?? internal[command];
if (program) start(program);
else if (command === "--help" || command === "-h") console.log(usage);
else {
  console.error(
    `Unknown command "${command}": expected one of ${Object.keys(programs).join(", ")}`,
  );
  process.exitCode = 2;
}

/** Starts a program. A missing package, as after an interrupted install, is one line with its cure. */
function start(program: () => unknown): void {
  Promise.resolve(program()).catch((err: NodeJS.ErrnoException) => {
    if (err.code !== "MODULE_NOT_FOUND") throw err;
    console.error(`berth ${command}: ${err.message.split("\n")[0]}: run npm ci`);
    process.exitCode = 1;
  });
}
