// The command `berth`: each of its commands is a program of its own.
const usage = `Usage: berth COMMAND [options]

  dev         run the processes of a Procfile, each on a port of its own
  reload      run a TypeScript program, and start it anew when a file beside it is saved
  db          reset, migrate, seed or open the development database
  postgres    run the embedded PostgreSQL
  issuer      run an issuer of development tokens
  fuzz        send described routes what they allow and what they forbid
  contract    check a program against the port contract

berth COMMAND --help says more.`;

const programs: Readonly<Record<string, () => unknown>> = {
  dev: () => import("./formation/main.js"),
  reload: () => import("./reload/reload.js"),
  db: () => import("./db/main.js"),
  postgres: () => import("./embedded-postgres/main.js"),
  issuer: () => import("./issuer/main.js"),
  fuzz: () => import("./fuzz/main.js"),
  contract: () => import("./contract/main.js"),
};

/** Each reads its arguments as a program does. */
const [command] = process.argv.splice(2, 1);
const program = command === undefined ? undefined : programs[command];
if (program) void program();
else {
  console.log(usage);
  process.exitCode = command === undefined || command === "--help" ? 0 : 2;
}
