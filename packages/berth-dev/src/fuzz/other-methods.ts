// Tries methods that an operation's path does not have in the document.
import fc from "fast-check";
import type { Operation } from "./document";
import { type Answer } from "./exchange";
import { faultOfOther } from "./judge-answer";
import type { Kind } from "./requests";
import { toSend, type Trial } from "./trial";

/** MKCOL comes first: its `Allow` has the routes that are there and not described. */
const OTHERS = ["MKCOL", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Once a path: with the first of its operations. */
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
    let answer: Answer | undefined;
    let wrong: string | undefined;
    try {
      answer = await service.exchange(sent);
      for (const of of (answer.headers.allow ?? "").split(/, */)) allowed.add(of);
      wrong = faultOfOther(method, answer, allowed);
    } catch (err) {
      wrong = (err as Error).message;
    }
    tried.invalid++;
    if (wrong !== undefined) {
      tried.findings.push({ operation: `${method} ${path}`, wrong, sent, answer });
      return;
    }
  }
}
