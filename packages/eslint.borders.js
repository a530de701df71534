// What the packages' sources may import: the borders inside of a package, which the compiler does not know.
"use strict";

/** A folder's imports; a later rule replaces an earlier one where both match a file. */
const folder = (files, ...patterns) => ({
  files,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
});

/** It switches contexts on, which every request pays for on Node 20. */
const NO_LOG = {
  regex: "^(\\./|(\\.\\./)+process/)log$",
  message:
    "Importing this log makes every request pay for its context: take a logger as an argument, or currentLogger() of process/work-context.",
};
const NO_EXPRESS = {
  regex: "^(express|helmet)$",
  message: "This folder knows no Express: put what needs it into express/ or http/.",
};
const ONLY_EXPRESS_TYPES = {
  ...NO_EXPRESS,
  allowTypeImports: true,
  message: "This folder takes only types from Express: put what needs its values into http/.",
};
/** The type of an error with a status, which a backing service's errors have. */
const ERRORS = "request/http-error";
const NO_ROUTES = "A backing service knows no routes: throw an error with a status.";
const onlyFrom = (folders, message) => ({ regex: `^\\.\\./(?!(${folders})(/|$))\\w`, message });

const berth = (name) => [`packages/berth/src/${name}/**/*.ts`];

module.exports = [
  {
    // What browsers run knows other globals.
    files: ["packages/berth/public/*.js"],
    rules: { "no-undef": "off" },
  },
  {
    files: ["packages/**/*.ts", "lab/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["packages/{berth,berth-grpc,berth-telemetry}/src/**/*.ts"],
    ignores: [
      "packages/berth/src/process/{entry,exit,serve,supervisor-link}.ts",
      "packages/*/src/{testing,testing/**/*}.ts",
    ],
    rules: {
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "Only the entry of a process reads the environment: take it as an argument.",
        },
        {
          object: "process",
          property: "exit",
          message: "Only the process entry exits, once all work is done: throw instead.",
        },
        {
          object: "AbortSignal",
          property: "any",
          message:
            "With a signal that lives as long as the process, such as draining, it leaks: take workSignal of process/work-signal.",
        },
      ],
    },
  },
  folder(
    ["packages/berth/src/{process,port}/**/*.ts"],
    NO_LOG,
    NO_EXPRESS,
    onlyFrom("process|port", "A process and its port know no protocol's routes."),
  ),
  folder(
    berth("express"),
    NO_LOG,
    onlyFrom("request|process|port", "The fast path knows neither databases nor middleware."),
  ),
  folder(
    berth("request"),
    NO_LOG,
    ONLY_EXPRESS_TYPES,
    onlyFrom("process", "What gRPC and HTTP share knows neither middleware nor databases."),
  ),
  folder(
    berth("schema"),
    NO_LOG,
    ONLY_EXPRESS_TYPES,
    onlyFrom("request|process", "Schemas know neither middleware nor databases."),
  ),
  folder(
    berth("http"),
    NO_LOG,
    onlyFrom(
      "uploads|schema|request|express|process|port",
      "Routes know no database: take what you need as an argument.",
    ),
  ),
  folder(
    berth("uploads"),
    NO_LOG,
    ONLY_EXPRESS_TYPES,
    onlyFrom("schema|request|process", "Uploads know neither middleware nor databases."),
  ),
  folder(
    berth("api"),
    NO_LOG,
    onlyFrom(
      "http|schema|request|express|process|port",
      "Descriptions know no database: take what you need as an argument.",
    ),
  ),
  folder(
    berth("pages"),
    NO_LOG,
    onlyFrom(
      "http|uploads|schema|request|express|process|port",
      "Pages know no database: take what you need as an argument.",
    ),
  ),
  folder(
    ["packages/berth/src/{backing,client,postgres,redis}/**/*.ts"],
    NO_LOG,
    NO_EXPRESS,
    onlyFrom(`process|port|backing|${ERRORS}`, NO_ROUTES),
  ),
  folder(
    berth("jobs"),
    NO_LOG,
    NO_EXPRESS,
    onlyFrom(
      "process|postgres|schema|request/(request-id|trace-context)",
      "Jobs know no routes: a job runs outside of any request.",
    ),
  ),
  folder(
    berth("tokens"),
    NO_LOG,
    NO_EXPRESS,
    // The issuer's keys are fetched as another service's response is.
    onlyFrom(`process|port|backing|client|${ERRORS}`, NO_ROUTES),
  ),
  folder(["packages/berth-grpc/src/**/*.ts"], NO_EXPRESS),
  folder(["packages/berth-telemetry/src/**/*.ts"], ONLY_EXPRESS_TYPES),
];
