// The text of --help.
import { platformNames } from "./platforms";
import { probeNames } from "./probes";
import { defaultSettings as defaults } from "./settings";

/** Printed for --help. */
export const usage = `Checks a program that binds PORT against the port contract.

  port-contract [OPTIONS] -- COMMAND [ARGS…]
  npm run contract -- [OPTIONS] [-- COMMAND [ARGS…]]    in a Berth service

COMMAND  One argument is a Procfile line, run by sh -c; several are run as they are, without a shell.
         In a Berth service the default is the web: line of ./Procfile, with the options of each test/**/contract.json.

  --platform NAME      use the limits of: ${platformNames.join(", ")} (default ${platformNames[0]})
  --only ID[,ID]       check only these clauses, such as --only B4,D2
  --probe NAME         protocol: ${probeNames.join(", ")} (default http)
  --json               print one JSON document instead of rows
  --junit FILE         also write the report as JUnit XML, in which only a MUST that fails is a failed test
  --slow               also run checks that take minutes: H2 stays idle as long as the router would
  --jobs N             run N checks at a time (default 4)
  --boot SECONDS       time limit for opening the port (default: the platform's)
  --grace SECONDS      time limit for the exit after a signal (default: the platform's)
  --help               print this

Paths of the program; without --slow-path and --body-path, clauses about requests in flight are skipped
  --path /x            responds to GET (default ${defaults.path})
  --slow-path /y       responds to GET after a second or more
  --body-path /z       accepts a POST of --body; every instance responds to a GET of its Location, if there is one
  --body JSON          request body (default ${defaults.body})
  --live-path /l       liveness (default ${defaults.livePath})
  --ready-path /r      readiness (default ${defaults.readyPath})

A program that calls it, for R1 (default: another run of the same program)
  --attached COMMAND           a Procfile line, or a process type of ./Procfile
  --upstream-env NAME          the variable that holds the URL of the service it calls
  --upstream-path /u           responds to GET by calling that service

Names of the program's environment variables
  --drain-delay-env NAME       milliseconds (default ${defaults.drainDelayEnv})
  --shutdown-timeout-env NAME  milliseconds (default ${defaults.shutdownTimeoutEnv})
  --trust-proxy-env NAME       (default ${defaults.trustProxyEnv})
  --reuse-port-env NAME        true (default ${defaults.reusePortEnv})

Exit code: 0 the contract is kept, 1 a MUST failed, 2 usage error, 3 the kit itself failed: nothing is known of the program.`;
