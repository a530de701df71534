// Every patch to Express, each with a check of what it relies on; if the check fails, Express' own code runs.
import { createRequire } from "node:module";
import type { Express } from "express";
import type { Logger } from "pino";
import * as compatibility from "./compatibility";
import { acceptAbsoluteForm, beforeFirstRequest } from "./app-handle";
import { entityTag } from "./fast-response";
import { compareLiteralsFirst } from "./literal-paths";
import { shareWithMountedApps, pinPrototypes } from "./messages";
import { enableMethodsAt } from "./methods-at";
import { recordPatterns } from "./route-patterns";
import { rejectThrownValues } from "./thrown-values";

/** One patch; without it an app is slower or less exact, but not wrong. */
interface Patch {
  /** For the log. */
  name: string;
  /** Patches an app that has no routes yet. */
  apply(app: Express): void;
  /** Whether this version of Express works as the patch expects. */
  isSupported(): boolean;
}

const patches: readonly Patch[] = [
  {
    name: "responses in one write",
    apply: (app) => pinPrototypes(app),
    isSupported: compatibility.sendsJson,
  },
  {
    name: "fast entity tags",
    apply: (app) => app.set("etag", entityTag),
    isSupported: compatibility.tagsEntities,
  },
  {
    name: "absolute request targets",
    apply: (app) => acceptAbsoluteForm(app),
    isSupported: compatibility.entersByHandle,
  },
  {
    name: "fast path matching",
    apply: (app) => beforeFirstRequest(app, () => compareLiteralsFirst(app.router)),
    isSupported: compatibility.matchesByLayer,
  },
  {
    name: "405 with Allow",
    apply: (app) => beforeFirstRequest(app, () => enableMethodsAt(app.router)),
    isSupported: compatibility.listsRoutes,
  },
  {
    name: "route patterns in the log",
    apply: (app) => beforeFirstRequest(app, () => recordPatterns(app.router)),
    isSupported: compatibility.namesRoutes,
  },
  {
    name: "500 for a thrown undefined",
    apply: (app) => beforeFirstRequest(app, () => rejectThrownValues(app.router)),
    isSupported: compatibility.handlesByLayer,
  },
  {
    // Last in the list, so first to run: the patches above hide mounted apps behind wrappers.
    name: "apps mounted in routers",
    apply: (app) => beforeFirstRequest(app, () => shareWithMountedApps(app)),
    isSupported: compatibility.mountsApps,
  },
];

/** Applies the patches that this version of Express supports to an app without routes; one warning names the others. */
export function applyPatches(app: Express, logger: Logger): void {
  const missing = [];
  for (const patch of patches) {
    if (isSupported(patch)) patch.apply(app);
    else missing.push(patch.name);
  }
  if (missing.length === 0 || isWarned) return;
  isWarned = true;
  const versions = { express: versionOf("express"), router: versionOf("router") };
  logger.warn(
    { ...versions, missing },
    "this version of Express is not supported: without the missing patches it is slower or less exact",
  );
}

let isWarned = false;

/** A check that throws counts as failed. */
function isSupported(patch: Patch): boolean {
  try {
    return patch.isSupported();
  } catch {
    return false;
  }
}

/** The version of Express, or of a package as Express resolves it. */
function versionOf(name: string): string {
  try {
    const requireAsExpress = createRequire(require.resolve("express"));
    return (requireAsExpress(`${name}/package.json`) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
