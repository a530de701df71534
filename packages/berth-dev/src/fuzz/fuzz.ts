// Drives every operation of an OpenAPI document with input that its description allows, and with input that it forbids.
import { createJudge, type OpenApi, type Operation, operationsOf } from "./document";
import { connectTo, type Service } from "./exchange";
import { createKnownIds } from "./known-ids";
import { tryOtherMethods } from "./other-methods";
import { type Kind, kindsOf } from "./requests";
import { withoutToken } from "./tokens";
import { type Bench, tryKind, type Tried } from "./trial";
import { Unmakeable } from "./values";

/** What is driven, and how. */
export interface FuzzOptions {
  /** Where the service is, and its `/openapi.json`. */
  url: string;
  /** How many valid inputs each operation gets, and as many invalid ones. */
  runs: number;
  seed: number;
  /** Only operations whose name, as `PUT /notes/{id}`, holds this; all by default. */
  only?: string;
  /** How long an answer may take, in milliseconds. */
  timeoutMs: number;
  /** A token with these scopes; undefined where there is none. */
  token?: (scopes: readonly string[]) => Promise<string>;
}

/** How long the document may take, which a service makes when it is first asked for it; in milliseconds. */
const DOCUMENT_MS = 60_000;

/** @throws Error when there is no document, or no operation of that name. */
export async function fuzz(options: FuzzOptions): Promise<Tried[]> {
  const service = connectTo(options.url, options.timeoutMs);
  try {
    const document = await readDocument(service);
    const all = operationsOf(document);
    const operations = all.filter(({ name }) => name.includes(options.only ?? ""));
    if (operations.length === 0 && options.only)
      throw new Error(
        `no operation of ${options.url}/openapi.json has ${options.only} in its name`,
      );
    const judge = createJudge(document);
    const known = createKnownIds(Object.keys(document.paths));
    const tried: Tried[] = [];
    for (const operation of operations) {
      tried.push(await tryOperation(operation, { all, options, service, judge, known }));
    }
    return tried;
  } finally {
    service.close();
  }
}

async function readDocument(service: Service): Promise<OpenApi> {
  const { status, body } = await service.exchange(
    { method: "GET", target: "/openapi.json", headers: {} },
    DOCUMENT_MS,
  );
  if (status !== 200)
    throw new Error(`GET ${service.url}/openapi.json: ${status} ${body.slice(0, 500)}`);
  return JSON.parse(body) as OpenApi;
}

async function tryOperation(operation: Operation, bench: Bench): Promise<Tried> {
  const { options, judge, all } = bench;
  const tried: Tried = {
    operation: operation.name,
    valid: 0,
    invalid: 0,
    statuses: new Map(),
    findings: [],
    notes: [],
  };
  let kinds: Kind[];
  try {
    kinds = kindsOf(operation, judge, literalsOf(all));
  } catch (err) {
    if (!(err instanceof Unmakeable)) throw err;
    tried.notes.push(`not tried: ${err.message}; give the schema an example, v.examples([…])`);
    return tried;
  }
  const credentials = await credentialsFor(operation, options);
  if (operation.security.length > 0) kinds.push(...withoutToken(operation, kinds));
  if (!credentials) {
    kinds = kinds.filter(({ name }) => name === "token");
    tried.notes.push("tried only without what it asks for: there is no such token here");
  }
  const invalid = kinds.filter(({ name }) => name !== "valid").length;
  for (const kind of kinds) {
    const runs = kind.name === "valid" ? options.runs : Math.ceil(options.runs / invalid);
    await tryKind(operation, kind, { runs, headers: credentials ?? {}, tried, bench });
    if (tried.isLate) {
      tried.notes.push("not tried further: each such answer would be waited for");
      return tried;
    }
  }
  await tryOtherMethods(operation, { kinds, headers: credentials ?? {}, tried, bench });
  const { statuses, valid } = tried;
  if (valid > 0 && ![...statuses.keys()].some((status) => status < 400)) {
    tried.notes.push("no input has succeeded: what it does behind its checks was not tried");
  }
  return tried;
}

/** The segments of paths that are no parameters: a parameter that is one of them would find another route. */
const literalsOf = (all: readonly Operation[]): Set<string> =>
  new Set(all.flatMap(({ path }) => path.toLowerCase().split("/")));

/** Undefined where it asks for what there is none of. */
async function credentialsFor(
  { security }: Operation,
  { token }: FuzzOptions,
): Promise<Record<string, string> | undefined> {
  const [first] = security;
  if (!first) return {};
  if (!token) return undefined;
  return { Authorization: `Bearer ${await token(Object.values(first).flat())}` };
}
