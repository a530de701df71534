// What `npm run init` is asked for.
import { parseArgs } from "node:util";

/** Parts that a service may do without. */
const OPTIONAL_PARTS = ["sample", "grpc", "contract"] as const;

export type OptionalPart = (typeof OPTIONAL_PARTS)[number];

export interface InitOptions {
  name: string;
  description: string;
  /** Who holds the licence. */
  owner: string;
  without: OptionalPart[];
}

/** A request that makes no sense; its message names the cure. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `npm run init -- NAME [--description TEXT] [--owner WHO] [--without PART …]

Makes this clone of Berth a service of yours: its name, description and licence owner are put everywhere, a README about
your service takes the place of Berth's, and what only proves Berth (scripts/lab/bench and drain, their pages and packages) leaves.

  NAME                a-z, 0-9 and hyphens, such as my-service: packages, images, databases and hosts all take it
  --description TEXT  one sentence for package.json and the README; "The NAME service" by default
  --owner WHO         who holds the licence; "The NAME authors" by default
  --without sample    without the notes feature
  --without grpc      without the gRPC process, its packages and its page
  --without contract  without the port contract kit, too
`;

/** What packages, images, host names and databases all accept. */
const NAME = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,62}$/;

/** @throws UsageError when the name or a part is not one. */
export function parseOptions(args: string[]): InitOptions {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0 || !NAME.test(name)) {
    const got = positionals.length > 0 ? `got ${positionals.map(quote).join(" ")}` : "got none";
    throw new UsageError(
      `expected one NAME of at most 63 lower-case letters, digits and hyphens, such as my-service; ${got}`,
    );
  }
  const unknown = values.without.find((part) => !isOptional(part));
  if (unknown !== undefined) {
    throw new UsageError(`--without takes ${OPTIONAL_PARTS.join(", ")}; got ${quote(unknown)}`);
  }
  return {
    name,
    description: oneLine(values.description ?? `The ${name} service`),
    owner: oneLine(values.owner ?? `The ${name} authors`),
    without: values.without.filter(isOptional),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        description: { type: "string" },
        owner: { type: "string" },
        without: { type: "string", multiple: true, default: [] },
      },
    });
  } catch (err) {
    throw new UsageError((err as Error).message);
  }
}

const quote = (text: string): string => JSON.stringify(text);
const isOptional = (part: string): part is OptionalPart =>
  (OPTIONAL_PARTS as readonly string[]).includes(part);

/** A line break would be the end of a heading, or of a licence's line. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line === "") throw new UsageError("--description and --owner need some text");
  return line;
}
