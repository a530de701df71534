// Tries methods that the document does not have for an operation's path.
import fc from "fast-check";
import { mismatchOfUndescribed } from "./check-response";
import type { Operation } from "./document";
import type { Kind } from "./draft";
import type { Response } from "./exchange";
import { toRequest, type TrialOptions } from "./trial";

/** MKCOL is first: the `Allow` of its response lists methods that exist but are not described. */
const METHODS = ["MKCOL", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Runs once for each path, with its first operation. */
export async function tryOtherMethods(
  { name, path }: Operation,
  { kinds, headers, result, context }: Omit<TrialOptions, "runs"> & { kinds: readonly Kind[] },
): Promise<void> {
  const { all, service, options } = context;
  const operations = all.filter((operation) => operation.path === path);
  const valid = kinds.find((kind) => kind.name === "valid");
  if (!valid || operations[0]?.name !== name) return;
  const [{ params } = { params: {} }] = fc.sample(valid.drafts, { numRuns: 1, seed: options.seed });
  const described = new Set(operations.map(({ method }) => method));
  const allowed = new Set(described);
  for (const method of METHODS.filter((other) => !described.has(other))) {
    const sent = toRequest(method, path, { params, query: "", headers });
    let response: Response | undefined;
    let mismatch: string | undefined;
    try {
      response = await service.exchange(sent);
      for (const other of (response.headers.allow ?? "").split(/, */)) allowed.add(other);
      mismatch = mismatchOfUndescribed(method, response, allowed);
    } catch (err) {
      mismatch = (err as Error).message;
    }
    result.invalid++;
    if (mismatch !== undefined) {
      result.findings.push({ operation: `${method} ${path}`, mismatch, sent, response });
      return;
    }
  }
}
