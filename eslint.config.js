"use strict";

const js = require("@eslint/js");
const ts = require("typescript-eslint");

/** The arrows between rooms point one way: each room says which relative imports it may not have. */
const room = (files, regex, message, allowTypeImports = false) => ({
  files: [files],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      { patterns: [{ regex, message, allowTypeImports }] },
    ],
  },
});

module.exports = ts.config(
  { ignores: ["dist/", "coverage/", ".data/"] },
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
    files: ["scripts/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/entry.ts", "src/server.ts", "src/port/exit.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "Only the process entry reads the environment.",
        },
        { object: "process", property: "exit", message: "Only the process entry exits." },
      ],
    },
  },
  room("src/port/**", "^\\.\\./", "src/port imports only packages."),
  room("src/http/**", "^\\.\\./", "src/http imports only packages."),
  room("src/backing/**", "^\\.\\./", "src/backing imports only packages."),
  room("src/app.ts", "^\\./(?!http/|routes$)", "The app imports http and routes."),
  room(
    "src/routes.ts",
    "^\\./(?!features/)",
    "Routes import features, and only types of others.",
    true,
  ),
  room(
    "src/features/*/*.ts",
    "^\\.\\./(?!\\.\\./(http|backing)/)",
    "A feature imports http and backing, never another feature.",
  ),
  room(
    "src/features/*/*/**",
    "^\\.\\./\\.\\./(?!\\.\\./(http|backing)/)",
    "A feature imports http and backing, never another feature.",
  ),
);
