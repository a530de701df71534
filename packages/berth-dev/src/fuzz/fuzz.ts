// Sends valid and invalid input to every operation of an OpenAPI document, and checks the responses.
import { createSchemaValidator, type OpenApi, type Operation, operationsOf } from "./document";
import { connectTo, type Service } from "./exchange";
import type { Kind } from "./draft";
import { createKnownIds } from "./known-ids";
import { createNextPages } from "./next-pages";
import { tryOtherMethods } from "./other-methods";
import type { FuzzOptions } from "./options";
import { kindsOf, withoutToken } from "./requests";
import { type FuzzContext, tryKind, type OperationResult } from "./trial";
import { NoValueError } from "./values";

/** Longer than for other requests, as a service generates the document at the first one. In milliseconds. */
const DOCUMENT_TIMEOUT_MS = 60_000;

/**
 * Tries each operation of the service's document.
 * @param onBegin Called before each operation, with its name and how many were tried, of how many.
 * @throws Error when there is no document, or no operation with that name.
 */
export async function fuzz(
  options: FuzzOptions,
  onBegin: (name: string, tried: number, all: number) => void = () => {},
): Promise<OperationResult[]> {
  const service = connectTo(options.url, options.timeoutMs);
  try {
    const document = await readDocument(service);
    const all = operationsOf(document);
    const operations = chosenOf(all, options.only);
    if (operations.length === 0 && options.only)
      throw new Error(
        `no operation of ${options.url}/openapi.json contains ${options.only} in its name`,
      );
    const validator = createSchemaValidator(document);
    const known = createKnownIds(Object.keys(document.paths));
    const pages = createNextPages();
    const results: OperationResult[] = [];
    for (const operation of operations) {
      onBegin(operation.name, results.length, operations.length);
      results.push(
        await tryOperation(operation, { all, options, service, validator, known, pages }),
      );
    }
    return results;
  } finally {
    service.close();
  }
}

/** The operations of exactly this name or path, or else those whose names contain it. */
function chosenOf(all: readonly Operation[], only = ""): readonly Operation[] {
  const exact = all.filter(({ name, path }) => [name, path].includes(only));
  return exact.length > 0 ? exact : all.filter(({ name }) => name.includes(only));
}

async function readDocument(service: Service): Promise<OpenApi> {
  const { status, body } = await service.exchange(
    { method: "GET", target: "/openapi.json", headers: {} },
    DOCUMENT_TIMEOUT_MS,
  );
  if (status !== 200)
    throw new Error(`GET ${service.url}/openapi.json: ${status} ${body.slice(0, 500)}`);
  return JSON.parse(body) as OpenApi;
}

async function tryOperation(operation: Operation, context: FuzzContext): Promise<OperationResult> {
  const { options, validator, all } = context;
  const result: OperationResult = {
    operation: operation.name,
    valid: 0,
    invalid: 0,
    statuses: new Map(),
    findings: [],
    notes: [],
  };
  let kinds: Kind[];
  try {
    kinds = kindsOf(operation, validator, fixedSegmentsOf(all));
  } catch (err) {
    if (!(err instanceof NoValueError)) throw err;
    result.notes.push(`not tried: ${err.message}; add an example to the schema, v.examples([…])`);
    return result;
  }
  const credentials = await credentialsFor(operation, options);
  if (operation.security.length > 0) kinds.push(...withoutToken(operation, kinds));
  if (!credentials) {
    kinds = kinds.filter(({ name }) => name === "token");
    result.notes.push("tried only without a token, as none is available for its scopes");
  }
  const invalid = kinds.filter(({ name }) => name !== "valid").length;
  for (const kind of kinds) {
    const runs = kind.name === "valid" ? options.runs : Math.ceil(options.runs / invalid);
    await tryKind(operation, kind, { runs, headers: credentials ?? {}, result, context });
    if (result.hasTimedOut) {
      result.notes.push("not tried further, as each request would run into the timeout");
      return result;
    }
  }
  await tryOtherMethods(operation, { kinds, headers: credentials ?? {}, result, context });
  const { statuses, valid } = result;
  if (valid > 0 && ![...statuses.keys()].some((status) => status < 400)) {
    result.notes.push("no input succeeded: only its validation was tried");
  }
  return result;
}

/** The fixed segments of all paths: a parameter with such a value could match another route. */
const fixedSegmentsOf = (all: readonly Operation[]): Set<string> =>
  new Set(all.flatMap(({ path }) => path.toLowerCase().split("/")));

/** Undefined if the operation needs a token and none is available. */
async function credentialsFor(
  { security }: Operation,
  { token }: FuzzOptions,
): Promise<Record<string, string> | undefined> {
  const [first] = security;
  if (!first) return {};
  if (!token) return undefined;
  return { Authorization: `Bearer ${await token(Object.values(first).flat())}` };
}
