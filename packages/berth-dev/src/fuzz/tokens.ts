// Makes the requests that bring no token where one is needed, or a wrong one.
import fc from "fast-check";
import type { Operation } from "./document";
import type { Kind } from "./requests";

/** What nobody has signed. */
const WRONG: Record<string, string>[] = [
  {},
  { Authorization: "Bearer x" },
  { Authorization: "Bearer e30.e30.e30" },
  { Authorization: "Basic eDp4" },
];

/** @param kinds Those of the operation; what is valid but for the token. */
export function withoutToken({ method, path }: Operation, kinds: readonly Kind[]): Kind[] {
  const valid = kinds.find(({ name }) => name === "valid");
  if (!valid) throw new Error(`${method} ${path} has no valid requests`);
  const drafts = fc.tuple(valid.drafts, fc.constantFrom(...WRONG)).map(([draft, wrong]) => ({
    ...draft,
    headers: { ...draft.headers, ...wrong },
    broken: "there is no good token",
    refusals: [401, 403],
  }));
  return [{ name: "token", drafts }];
}
