"use strict";

const js = require("@eslint/js");
const ts = require("typescript-eslint");

const { devDependencies } = require("./package.json");
const packages = require("./packages/eslint.borders.js"); // part: berth

/** An import would work here, but fail in production, where development dependencies are pruned. */
const DEVELOPMENT_ONLY = {
  regex: `^(${Object.keys(devDependencies).join("|")})(/|$)`,
  message:
    "This is a development dependency, which production does not have: `npm i --save-prod NAME` makes it a production dependency.",
  allowTypeImports: true,
};

/** The globals of the Node that runs ESLint, and of CommonJS modules. */
const NODE_GLOBALS = Object.fromEntries(
  [
    ...Object.getOwnPropertyNames(globalThis),
    ...["require", "module", "exports", "__dirname", "__filename"],
  ].map((name) => [name, "readonly"]),
);

/** Restricts what some files may import. For a file that several rules match, the last one applies. */
const imports = (files, ...patterns) => ({
  files,
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      { patterns: [DEVELOPMENT_ONLY, ...patterns] },
    ],
  },
});

const OTHER_FEATURE = (up) => ({
  regex: `^${up}(?!\\.\\./)|^${up}\\.\\./features/`,
  message:
    "A feature must not import another feature: put what both need into src/middleware or a folder of its own in src/, or pass it in from routes.ts.",
});
const NO_FEATURE = {
  regex: "^(\\.\\./)+features/",
  message:
    "Code shared by features must not import any of them: take what you need as an argument, from routes.ts.",
};
const COMPOSITION = (up) => ({
  regex: `^${up}(app|routes|server|migrate|config)$`,
  message:
    "Only processes compose: take what you need from the services (src/services.ts), as an argument.",
});

module.exports = ts.config(
  { ignores: ["**/dist/", "**/dist-*/", "coverage/", ".data/", "api.d.ts"] },
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
    files: ["**/*.{js,cjs,mjs}"],
    languageOptions: { globals: NODE_GLOBALS },
  },
  {
    // Scripts for browsers have other globals.
    files: ["src/**/public/**/*.js"],
    rules: { "no-undef": "off" },
  },
  {
    files: ["scripts/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/*.ts"],
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
            "With a signal that lives as long as the process, such as draining, it leaks: take workSignal() of berth/process.",
        },
      ],
    },
  },
  imports(["src/**/*.ts"]),
  {
    ...imports(["src/*/**/*.ts"], COMPOSITION("(\\.\\./)+"), NO_FEATURE),
    ignores: ["src/features/**"],
  },
  // Up to four folders deep in a feature.
  ...[0, 1, 2, 3, 4].map((depth) =>
    imports(
      [`src/features/*/${"*/".repeat(depth)}*.ts`],
      COMPOSITION("(\\.\\./)+"),
      OTHER_FEATURE("\\.\\./".repeat(depth + 1)),
    ),
  ),
  ...packages, // part: berth
);
