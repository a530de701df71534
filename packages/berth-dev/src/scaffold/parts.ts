// The optional parts of a service, and what is removed from every clone.
import { UsageError } from "port-contract/args";

/** Everything that belongs to this part only. */
export interface Part {
  /** The question in the terminal, and in --help. */
  about: string;
  isDefault: boolean;
  /** Parts that this one needs. */
  needs?: readonly PartName[];
  /** Files and folders. */
  paths?: readonly string[];
  /** Lines of `Procfile` and `Procfile.dev`. */
  processes?: readonly string[];
  /** Scripts of `package.json`. */
  scripts?: readonly string[];
  /** Packages of `package.json`. */
  packages?: readonly string[];
}

export const PART_NAMES = [
  "sample",
  "docs",
  "limits",
  "tokens",
  "feed",
  "grpc",
  "telemetry",
] as const;

export type PartName = (typeof PART_NAMES)[number];

/** Text about a part in other files is marked there: see `text.ts`. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  sample: {
    about: "the notes feature: a router, a schema, a store, a migration and tests to copy",
    isDefault: true,
    paths: ["src/features/notes", "test/features/notes"],
  },
  docs: {
    about: "OpenAPI: a page at /docs, a typed client, and a fuzzer for your routes",
    isDefault: true,
    paths: [
      ...["scripts/openapi.ts", "scripts/client.ts"],
      ...["test/api.test.ts", "test/conformance.test.ts", "docs/api.md"],
    ],
    scripts: ["openapi", "client", "fuzz"],
    packages: ["openapi-typescript"],
  },
  limits: {
    about: "a rate limit, in memory or shared in Redis",
    isDefault: false,
    paths: ["test/rate-limit.test.ts", "docs/limits.md"],
  },
  tokens: {
    about: "bearer tokens (JWT), verified with an issuer's keys",
    isDefault: false,
    paths: ["test/tokens.test.ts", "docs/tokens.md"],
    processes: ["issuer"],
  },
  feed: {
    about: "a second service that calls the first: the notes as an Atom feed",
    isDefault: false,
    needs: ["sample"],
    paths: ["src/feed.ts", "src/features/feed", "test/features/feed"],
    processes: ["feed"],
  },
  grpc: {
    about: "a gRPC process",
    isDefault: false,
    paths: [
      ...["src/grpc.ts", "src/features/notes/notes.proto", "src/features/notes/rpc.ts"],
      ...["test/grpc.test.ts", "test/features/notes/rpc.test.ts", "test/support/grpc.ts"],
      "docs/grpc.md",
    ],
    processes: ["grpc"],
    packages: ["berth-grpc"],
  },
  telemetry: {
    about:
      "metrics for Prometheus, OpenTelemetry traces, and debugging; off until their variables are set",
    isDefault: false,
    paths: ["docs/operate"],
    packages: ["berth-telemetry"],
  },
};

export const isPart = (name: string): name is PartName =>
  (PART_NAMES as readonly string[]).includes(name);

/** @throws UsageError when a part lacks another one that it needs. */
export function withNeeds(parts: PartName[]): PartName[] {
  for (const name of parts) {
    const missing = PARTS[name].needs?.find((needed) => !parts.includes(needed));
    if (missing) throw new UsageError(`${name} needs ${missing}: include both, or neither`);
  }
  return parts;
}

/** Berth itself, which is removed from every service: text about it is marked as a part named `berth`. */
export const BERTH = {
  paths: [
    ...["packages", "lab", "scripts/init", ".ci", "CHANGELOG.md"],
    ".github/workflows/release.yml",
  ],
  scripts: [
    ...[
      "prepare",
      "prebuild",
      "pretest",
      "init",
      "bench",
      "drain",
      "faults",
      "instrumentation",
      "limits",
    ],
    ...["recipes", "contract:systems", "pack"],
  ],
  /** Scripts that do less in a service than here. */
  changedScripts: {
    test: "jest",
    typecheck: "tsc --noEmit",
    check:
      "npm run lint && npm run format:check && npm run typecheck && npm test && npm run contract -- --jobs 8",
    docs: "node --require ts-node/register scripts/document-config.ts && prettier --write --log-level warn docs",
  },
  /** Used only by the packages and the lab, which share this node_modules. */
  packages: [
    ...["@types/express-serve-static-core", "@types/pg", "node-pg-migrate", "openapi-fetch"],
    ...["openapi-typescript-helpers"],
  ],
} as const;

/** Packages that a service depends on, as tarballs or from the registry, and where its `package.json` names them. */
export const VENDORED = {
  dependencies: ["berth", "berth-grpc", "berth-telemetry"],
  devDependencies: ["berth-dev", "port-contract"],
} as const;

/** The packages of Berth that a service may have. */
export const PACKAGE_NAMES: readonly string[] = [
  ...VENDORED.dependencies,
  ...VENDORED.devDependencies,
];

/** Replacements in single files. */
export const REPLACED: Readonly<Record<string, readonly [RegExp, string][]>> = {
  Dockerfile: [
    [/^# What node_modules\/berth links to\.\n.*\n/gm, ""],
    [/^COPY packages packages$/gm, "COPY vendor vendor"],
  ],
  ".dockerignore": [
    [/^!packages$/gm, "!vendor"],
    [/^\*\*\/.*\n/gm, ""],
  ],
};

/** Replacements in a service that has some packages as folders, with their sources. */
export const WITH_PACKAGES: typeof REPLACED = {
  Dockerfile: [[/^COPY packages packages$/gm, "COPY vendor vendor\nCOPY packages packages"]],
  ".dockerignore": [[/^!packages$/gm, "!vendor\n!packages"]],
  ".prettierignore": [[/$(?![^])/g, "packages/\n"]],
  "eslint.config.js": [[/"api\.d\.ts"\]/g, '"api.d.ts", "packages/"]']],
};

/** Files in which `berth` stands for the service's name: its units, its image. */
export const NAMED = /^(docs\/deploy(\/.*|\.md)|\.github\/workflows\/.*\.yml)$/;
