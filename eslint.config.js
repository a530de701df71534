"use strict";

const js = require("@eslint/js");
const ts = require("typescript-eslint");

const { devDependencies } = require("./package.json");

/** It would work here, and in production, after the prune, be missing. */
const DEVELOPMENT_ONLY = {
  regex: `^(${Object.keys(devDependencies).join("|")})(/|$)`,
  message:
    "This is a development dependency, which production does not have: `npm i --save-prod NAME` makes it the service's own.",
  allowTypeImports: true,
};

/** What one room may not import; a later room's rule replaces an earlier one's where both have a file. */
const room = (files, ...patterns) => ({
  files,
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      { patterns: [DEVELOPMENT_ONLY, ...patterns] },
    ],
  },
});

/** The chassis is replaced as a whole by an upgrade, so nothing of the owner's may be in it or under it. */
const OUT_OF_CHASSIS = {
  regex: "^\\.\\./\\.\\./",
  message:
    "src/chassis is Berth's and imports only itself and packages: take what you need as an argument, or put this file into a room of your own in src/.",
};
/** It turns contexts on for everybody, who pays for them on Node 20. */
const NO_LOG = {
  regex: "^(\\./|(\\.\\./)+process/)log$",
  message:
    "Importing this log makes every request pay for its context: take a logger as an argument, or currentLogger() of process/work-context.",
};
const IN_CHASSIS = [OUT_OF_CHASSIS, NO_LOG];
const onlyFromRooms = (rooms, message) => ({ regex: `^\\.\\./(?!(${rooms})/)\\w`, message });
const NO_EXPRESS = {
  regex: "^(express|helmet)$",
  message: "This room knows no Express: put what needs it into chassis/express or chassis/http.",
};
const OTHER_FEATURE = (up) => ({
  regex: `^${up}(?!\\.\\./)|^${up}\\.\\./features/`,
  message:
    "A feature imports no other feature: put what both need into src/middleware or a room of its own in src/, or pass it in from routes.ts.",
});
const NO_FEATURE = {
  regex: "^(\\.\\./)+features/",
  message:
    "What features share knows none of them: take what you need as an argument, from routes.ts.",
};
const COMPOSITION = (up) => ({
  regex: `^${up}(app|routes|server|migrate|config)$`,
  message:
    "Only processes compose: take what you need from the services (src/services.ts), as an argument.",
});

module.exports = ts.config(
  { ignores: ["dist/", "dist-*/", "coverage/", ".data/", "api.d.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: {
      globals: {
        process: "readonly",
        setImmediate: "readonly",
        require: "readonly",
        module: "writable",
        __dirname: "readonly",
      },
    },
  },
  {
    // What browsers run knows other globals.
    files: ["src/**/public/**/*.js"],
    rules: { "no-undef": "off" },
  },
  {
    files: ["scripts/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/*.ts", "src/chassis/process/{entry,exit,serve,supervisor-link}.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message:
            "Only a process reads the environment: declare the variable in src/config.ts, and pass its value on.",
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
            "With a signal that lives as long as the process, such as draining, it leaks: take workSignal of chassis/process/work-signal.",
        },
      ],
    },
  },
  room(["src/**/*.ts"]),
  room(["src/chassis/**/*.ts"], ...IN_CHASSIS),
  room(
    ["src/chassis/process/**/*.ts", "src/chassis/port/**/*.ts"],
    ...IN_CHASSIS,
    NO_EXPRESS,
    onlyFromRooms("process|port", "A process and its port know no protocol's routes."),
  ),
  room(
    ["src/chassis/express/**/*.ts"],
    ...IN_CHASSIS,
    onlyFromRooms(
      "process|port",
      "What bends Express knows neither databases nor what routes get.",
    ),
  ),
  room(
    ["src/chassis/http/**/*.ts"],
    ...IN_CHASSIS,
    onlyFromRooms(
      "express|process|port",
      "Routes know no database: take what you need as an argument.",
    ),
  ),
  room(
    ["src/chassis/api/**/*.ts"],
    ...IN_CHASSIS,
    onlyFromRooms(
      "http|express|process|port",
      "Descriptions know no database: take what you need as an argument.",
    ),
  ),
  // begin: grpc
  room(
    ["src/chassis/grpc/**/*.ts"],
    ...IN_CHASSIS,
    NO_EXPRESS,
    onlyFromRooms(
      "http|process|port",
      "Calls know no database: take what you need as an argument.",
    ),
  ),
  // end: grpc
  room(
    ["src/chassis/backing/**/*.ts"],
    ...IN_CHASSIS,
    NO_EXPRESS,
    onlyFromRooms(
      "process|port",
      "A backing service knows no routes: throw an error with a status.",
    ),
  ),
  {
    ...room(["src/*/**/*.ts"], COMPOSITION("(\\.\\./)+"), NO_FEATURE),
    ignores: ["src/chassis/**", "src/features/**"],
  },
  // However deep a feature's own folders are, as far as anybody has them.
  ...[0, 1, 2, 3, 4].map((depth) =>
    room(
      [`src/features/*/${"*/".repeat(depth)}*.ts`],
      COMPOSITION("(\\.\\./)+"),
      OTHER_FEATURE("\\.\\./".repeat(depth + 1)),
    ),
  ),
  {
    files: ["test/chassis/**/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "^(\\.\\./)+src/(?!chassis/)",
              message:
                "Tests of the chassis bring their own routes: put a test of yours beside test/chassis.",
            },
          ],
        },
      ],
    },
  },
);
