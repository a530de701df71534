// Tries methods that the document does not have for an operation's path.
import fc from "fast-check";
import type { Operation } from "./document";
import type { Response } from "./exchange";
import { problemOfOther } from "./judge-response";
import type { Kind } from "./draft";
import { toSend, type Trial } from "./trial";

/** MKCOL is first: the `Allow` of its response names routes that exist but are not described. */
const OTHERS = ["MKCOL", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Runs once a path, with the first of its operations. */
export async function tryOtherMethods(
  { name, path }: Operation,
  { kinds, headers, tried, bench }: Omit<Trial, "runs"> & { kinds: readonly Kind[] },
): Promise<void> {
  const { all, service, options } = bench;
  const described = all.filter((of) => of.path === path);
  const valid = kinds.find((kind) => kind.name === "valid");
  if (!valid || described[0]?.name !== name) return;
  const [{ params } = { params: {} }] = fc.sample(valid.drafts, { numRuns: 1, seed: options.seed });
  const allowed = new Set(described.map(({ method }) => method));
  for (const method of OTHERS.filter((of) => !described.some((one) => one.method === of))) {
    const sent = toSend(method, path, { params, query: "", headers });
    let response: Response | undefined;
    let wrong: string | undefined;
    try {
      response = await service.exchange(sent);
      for (const of of (response.headers.allow ?? "").split(/, */)) allowed.add(of);
      wrong = problemOfOther(method, response, allowed);
    } catch (err) {
      wrong = (err as Error).message;
    }
    tried.invalid++;
    if (wrong !== undefined) {
      tried.findings.push({ operation: `${method} ${path}`, wrong, sent, response });
      return;
    }
  }
}
