// The text of --help.
import { platformNames } from "./platforms";
import { probeNames } from "./probes";
import { defaultSettings as defaults } from "./settings";

/** Printed for --help, and named by every usage error. */
export const usage = `Checks a program that binds PORT against the port contract.

  npm run contract -- [OPTIONS] -- COMMAND [ARGS…]

COMMAND  One argument is a Procfile line and is run by sh -c; several are run as they are, without a shell.
         With neither, the web: line of ./Procfile is checked, with what each test/**/contract.json says: options by name.

  --platform NAME      limits and demands of: ${platformNames.join(", ")} (default ${platformNames[0]})
  --only ID[,ID]       check these clauses alone, such as --only B4,D2
  --probe NAME         protocol: ${probeNames.join(", ")} (default http)
  --json               one JSON document instead of rows
  --slow               also what takes minutes: H2 idles as long as the router does
  --jobs N             checks that run at a time (default 4)
  --boot SECONDS       wait so long for the port, instead of what the platform does
  --grace SECONDS      wait so long for the end after a signal, instead of what the platform does

Paths of the program; without the slow and the body path, clauses about requests in flight are skipped
  --path /x            answers GET (default ${defaults.path})
  --slow-path /y       answers GET after a second or more
  --body-path /z       takes POST of --body; its Location, if there is one, answers GET on every instance
  --body JSON          (default ${defaults.body})
  --live-path /l       (default ${defaults.livePath})
  --ready-path /r      (default ${defaults.readyPath})

Another program that is attached to it; without one, and with the options, it is attached to another run of itself
  --attached COMMAND           a Procfile line, or the name of one in ./Procfile
  --upstream-env NAME          its environment variable with the URL of the service that it is attached to
  --upstream-path /u           answers GET with the help of that service

Names of the program's environment variables
  --drain-delay-env NAME       milliseconds (default ${defaults.drainDelayEnv})
  --shutdown-timeout-env NAME  milliseconds (default ${defaults.shutdownTimeoutEnv})
  --trust-proxy-env NAME       (default ${defaults.trustProxyEnv})
  --reuse-port-env NAME        true (default ${defaults.reusePortEnv})

Exit code: 0 the contract is kept, 1 a MUST is broken, 2 the kit was called wrongly.`;
