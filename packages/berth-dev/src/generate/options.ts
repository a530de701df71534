// The command line of `berth new`.
import { parseCommandLine, UsageError } from "port-contract/args";
import { FIELD_TYPES_HELP } from "./fields";
import { quoted } from "./names";

export const usage = `Usage: berth new KIND NAME [options]

Generates code that is yours, with its tests, and adds the lines that it needs to existing files. No file is overwritten.

  feature NAME FIELD…     a router, a schema, a store, migrations and tests, mounted in src/routes.ts
  middleware NAME         a middleware in src/middleware
  migration NAME          an empty migration of a feature, as berth db new does
  process NAME            a background process type: a file in src, a line in each Procfile
  service NAME            another HTTP service that features call: its URL in src/config.ts, an entry in src/services.ts

  --singular NAME         feature: the singular of its name, if it is irregular
  --feature NAME          migration: the feature that it belongs to
  --http                  process: serve HTTP on a port of its own
  --dry-run               print what would be written, and write nothing
  --help                  show this

A FIELD is NAME:TYPE, with ? after the type if it is optional, and :unique if no two rows may have the same value. Quote ( and ?
for the shell, or write status:enum:open,paid:optional instead of 'status:enum(open,paid)?'.

${FIELD_TYPES_HELP}

  berth new feature customers 'name:text(1,80)' email:email:unique
  berth new feature orders total:money due:date 'note:text?' 'customerId:references(customers)'`;

export const KINDS = ["feature", "middleware", "migration", "process", "service"] as const;
export type Kind = (typeof KINDS)[number];

export interface Options {
  kind: Kind;
  name: string;
  /** The arguments after the name. */
  fields: string[];
  singular: string | undefined;
  feature: string | undefined;
  isHttp: boolean;
  isDryRun: boolean;
}

/** The options that belong to one kind only. */
const OF_KIND: Readonly<Record<string, Kind>> = {
  singular: "feature",
  feature: "migration",
  http: "process",
};

/** Reads the arguments. Undefined for --help. @throws UsageError with the cure. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseCommandLine(args, {
    singular: { type: "string" },
    feature: { type: "string" },
    http: { type: "boolean" },
    "dry-run": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  const [kind, name, ...fields] = positionals;
  if (!isKind(kind)) {
    throw new UsageError(
      `${kind === undefined ? "the KIND is missing" : `the kind ${quoted(kind)} is unknown`}: expected one of ${KINDS.join(", ")}`,
    );
  }
  if (name === undefined) throw new UsageError(`name the ${kind}: npx berth new ${kind} NAME`);
  if (kind !== "feature" && fields[0] !== undefined) {
    throw new UsageError(`a ${kind} does not take the argument ${quoted(fields[0])}: omit it`);
  }
  for (const [option, of] of Object.entries(OF_KIND)) {
    if (option in values && of !== kind)
      throw new UsageError(`--${option} is for berth new ${of}: omit it`);
  }
  return {
    kind,
    name,
    fields,
    singular: values.singular,
    feature: values.feature,
    isHttp: values.http ?? false,
    isDryRun: values["dry-run"] ?? false,
  };
}

const isKind = (text: string | undefined): text is Kind => KINDS.includes(text as Kind);
