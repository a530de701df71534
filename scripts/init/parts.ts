// What may leave a clone, part by part.
import type { OptionalPart } from "./options";

/** Everything that is there only for one part's sake. */
export interface Part {
  /** Files and folders. */
  paths: readonly string[];
  /** Scripts of `package.json`; steps of other scripts that run these, or something at the paths, leave as well. */
  scripts: readonly string[];
  /** Packages of `package.json`. */
  dependencies: readonly string[];
  /** Lines of single files. */
  lines: Readonly<Record<string, RegExp>>;
}

/**
 * Other text that speaks of a part stands between two lines that hold `begin: PART` and `end: PART`, in whatever is a
 * comment there; it leaves with the part, and the two lines leave in any case.
 */
export const PARTS: Readonly<Record<"lab" | OptionalPart, Part>> = {
  /** What proves Berth, and not the service that is made of it. */
  lab: {
    paths: [
      "scripts/lab/bench",
      "scripts/lab/drain",
      "scripts/lab/experiments",
      "scripts/lab/faults",
      "scripts/lab/instrumentation",
      "scripts/lab/limits",
      "scripts/lab/recipes",
      "scripts/lab/rollout",
      "scripts/lab/contract/real-systems",
      "scripts/project/test/init.test.ts",
      "scripts/project/test/readme.test.ts",
      "scripts/project/test/documentation.test.ts",
      "scripts/project/test/docs.test.ts",
      "docs/speed.md",
    ],
    scripts: [
      "bench",
      "drain",
      "faults",
      "instrumentation",
      "limits",
      "recipes",
      "contract:systems",
    ],
    dependencies: [],
    lines: {},
  },
  contract: {
    paths: ["scripts/lab", "docs/port-contract.md"],
    scripts: ["contract"],
    dependencies: [],
    lines: {},
  },
  sample: {
    paths: [
      "src/features/notes",
      "src/features/feed",
      "src/feed.ts",
      "test/features/notes",
      "test/features/feed",
    ],
    scripts: [],
    dependencies: [],
    lines: {
      "src/routes.ts": /notes/i,
      "src/grpc.ts": /notes/i,
      Procfile: /^feed:/,
      "Procfile.dev": /feed/,
    },
  },
  grpc: {
    paths: [
      "src/grpc.ts",
      "src/chassis/grpc",
      "src/features/notes/notes.proto",
      "src/features/notes/rpc.ts",
      "test/grpc.test.ts",
      "test/chassis/grpc",
      "test/chassis/support/grpc.ts",
      "test/chassis/support/ships.proto",
      "test/chassis/support/harbours.proto",
      "test/chassis/support/pilots.proto",
      "test/chassis/support/fleet.proto",
      "test/chassis/support/http2-frames.ts",
      "test/features/notes/rpc.test.ts",
      "test/support/grpc.ts",
      "docs/grpc.md",
    ],
    scripts: [],
    dependencies: ["@grpc/grpc-js", "@grpc/proto-loader"],
    lines: {
      Procfile: /grpc/,
      "Procfile.dev": /grpc/,
      "src/config.ts": /grpc/i,
      "docs/architecture.md": /grpc/,
      "docs/decisions.md": /^(\| @grpc\/|\*\*[^*]*gRPC)/,
    },
  },
};
