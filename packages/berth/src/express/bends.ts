// All that is bent in Express, each with a look at what it relies on; what looks otherwise stays as Express has it.
import { createRequire } from "node:module";
import type { Express } from "express";
import type { Logger } from "pino";
import { entityTag } from "./entity-tag";
import { beforeFirstRequest } from "./entrance";
import { compareLiteralsFirst } from "./literal-paths";
import { adoptApps, pinPrototypes } from "./messages";
import { listMethods } from "./methods-at";
import * as known from "./known";
import { nameRoutes } from "./route-patterns";
import { takeAbsoluteTargets } from "./request-target";
import { rejectThrownValues } from "./thrown-values";

/** One way in which Express is bent; without it an app is slower or less exact, but not wrong. */
interface Bend {
  /** For the log. */
  name: string;
  /** Does it to an app without routes. */
  apply(app: Express): void;
  /** Whether Express is what this takes it for. */
  isKnown(): boolean;
}

const bends: readonly Bend[] = [
  {
    name: "answers in one write",
    apply: (app) => pinPrototypes(app),
    isKnown: known.sendsJson,
  },
  {
    name: "cheap entity tags",
    apply: (app) => app.set("etag", entityTag),
    isKnown: known.tagsEntities,
  },
  {
    name: "paths as targets",
    apply: (app) => takeAbsoluteTargets(app),
    isKnown: known.entersByHandle,
  },
  {
    name: "literal segments first",
    apply: (app) => beforeFirstRequest(app, () => compareLiteralsFirst(app.router)),
    isKnown: known.matchesByLayer,
  },
  {
    name: "405 with Allow",
    apply: (app) => beforeFirstRequest(app, () => listMethods(app.router)),
    isKnown: known.listsRoutes,
  },
  {
    name: "names of routes in the log",
    apply: (app) => beforeFirstRequest(app, () => nameRoutes(app.router)),
    isKnown: known.namesRoutes,
  },
  {
    name: "errors of whatever is thrown",
    apply: (app) => beforeFirstRequest(app, () => rejectThrownValues(app.router)),
    isKnown: known.handlesByLayer,
  },
  {
    // The last is the first to be done: the others leave no app in sight.
    name: "headers of apps in routers",
    apply: (app) => beforeFirstRequest(app, () => adoptApps(app)),
    isKnown: known.mountsApps,
  },
];

/** Bends an app that has no routes yet, as far as this Express is known; the rest is named in one warning. */
export function bendAsKnown(app: Express, logger: Logger): void {
  const missing = [];
  for (const bend of bends) {
    if (isKnown(bend)) bend.apply(app);
    else missing.push(bend.name);
  }
  if (missing.length === 0 || isWarned) return;
  isWarned = true;
  const versions = { express: versionOf("express"), router: versionOf("router") };
  logger.warn(
    { ...versions, missing },
    "this Express is not as tested: slower or less exact in what is missing",
  );
}

let isWarned = false;

/** What fails to be looked at is not known either. */
function isKnown(bend: Bend): boolean {
  try {
    return bend.isKnown();
  } catch {
    return false;
  }
}

/** The version of Express, or of a package as Express finds it. */
function versionOf(name: string): string {
  try {
    const requireAsExpress = createRequire(require.resolve("express"));
    return (requireAsExpress(`${name}/package.json`) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
