// Remembers what answers say is there, so that routes of one thing meet things that are: from making one to asking for it.
import type { Answer } from "./exchange";

/** The parameters of a path, encoded. */
export type Params = Readonly<Record<string, string>>;

/** What is known to be there. */
export interface KnownIds {
  /** Learns from an answer of this path what is below it, and what is at its `Location`. */
  learn(path: string, params: Params, answer: Answer): void;
  /** One of those at this path. */
  pick(path: string, index: number): Params | undefined;
  /** It is no longer there. */
  forget(path: string, params: Params): void;
}

/** More of one kind are not remembered. */
const MOST = 1000;

/** @param paths All of the document's, as `/notes/{id}`. */
export function createKnownIds(paths: readonly string[]): KnownIds {
  const known = new Map<string, Map<string, Params>>();
  const add = (path: string, params: Params) => {
    const of = known.get(path) ?? new Map<string, Params>();
    known.set(path, of);
    if (of.size < MOST) of.set(JSON.stringify(params), params);
  };

  return {
    learn(path, params, { headers, body }) {
      for (const [below, name] of childrenOf(path, paths)) {
        for (const id of idsIn(body, name))
          add(below, { ...params, [name]: encodeURIComponent(id) });
      }
      const at = pathOf(headers.location, path, params);
      for (const other of paths) {
        const found = at === undefined ? undefined : paramsIn(other, at);
        if (found && Object.keys(found).length > 0) add(other, found);
      }
    },
    pick(path, index) {
      const of = known.get(path);
      return of && of.size > 0 ? [...of.values()][index % of.size] : undefined;
    },
    forget(path, params) {
      known.get(path)?.delete(JSON.stringify(params));
    },
  };
}

/** `/notes/{id}` below `/notes`, with the name of its parameter. */
const childrenOf = (path: string, paths: readonly string[]): [string, string][] =>
  paths.flatMap((other) => {
    const name =
      other.startsWith(path) &&
      /^\/\{(\w+)\}$/.exec(other.slice(path.replace(/\/$/, "").length))?.[1];
    return name ? [[other, name]] : [];
  });

/** Those of the thing, or of each in the list, by the parameter's own name or as `id`. */
function idsIn(body: string, name: string): string[] {
  const things = [parsed(body)].flat().slice(0, 20);
  return things.flatMap((thing) => {
    const { id, [name]: own = id } = (thing ?? {}) as Record<string, unknown>;
    return typeof own === "string" || typeof own === "number" ? [String(own)] : [];
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The path of a `Location`, which may be relative to the path that it answers. */
function pathOf(location: string | undefined, path: string, params: Params): string | undefined {
  const asked = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
  const base = `http://localhost${asked}`;
  if (location === undefined || !URL.canParse(location, base)) return undefined;
  return new URL(location, base).pathname;
}

/** What a path has for the parameters of another. */
function paramsIn(path: string, actual: string): Params | undefined {
  const pattern = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/?#]+)");
  return new RegExp(`^${pattern}$`).exec(actual)?.groups;
}
