// Remembers the ids in responses, so that routes for one resource are called with resources that exist.
import type { Response } from "./exchange";

/** The parameters of a path, encoded. */
export type Params = Readonly<Record<string, string>>;

/** The ids of resources that exist. */
export interface KnownIds {
  /** Adds the ids below this path from the response's body, and the one in its `Location`. */
  learn(path: string, params: Params, response: Response): void;
  /** Returns a known id at this path. Any index is valid. */
  pick(path: string, index: number): Params | undefined;
  /** Returns a known id of a resource, such as `note`, below its plural: `/notes/{id}`. Any index is valid. */
  idOf(resource: string, index: number): string | undefined;
  /** Removes a resource that no longer exists. */
  forget(path: string, params: Params): void;
}

/** The maximum number of ids for each path. */
const MAX_IDS = 1000;

/** @param paths All paths of the document, as `/notes/{id}`. */
export function createKnownIds(paths: readonly string[]): KnownIds {
  const known = new Map<string, Map<string, Params>>();
  const add = (path: string, params: Params) => {
    const ids = known.get(path) ?? new Map<string, Params>();
    known.set(path, ids);
    if (ids.size < MAX_IDS) ids.set(JSON.stringify(params), params);
  };

  return {
    learn(path, params, { headers, body }) {
      for (const [below, name] of childrenOf(path, paths)) {
        for (const id of idsIn(body, name))
          add(below, { ...params, [name]: encodeURIComponent(id) });
      }
      const at = urlOf(headers.location, path, params)?.pathname;
      for (const other of paths) {
        const found = at === undefined ? undefined : paramsIn(other, at);
        if (found && Object.keys(found).length > 0) add(other, found);
      }
    },
    pick(path, index) {
      const ids = known.get(path);
      return ids && ids.size > 0 ? [...ids.values()][index % ids.size] : undefined;
    },
    idOf(resource, index) {
      for (const [path, ids] of known) {
        const [, collection = "", name = ""] = /([^/]+)\/\{(\w+)\}$/.exec(path) ?? [];
        if (ids.size === 0 || !pluralsOf(plain(resource)).includes(plain(collection))) continue;
        return decodeURIComponent([...ids.values()][index % ids.size]?.[name] ?? "");
      }
      return undefined;
    },
    forget(path, params) {
      known.get(path)?.delete(JSON.stringify(params));
    },
  };
}

/** The paths one parameter below this one, such as `/notes/{id}` below `/notes`, each with the parameter's name. */
const childrenOf = (path: string, paths: readonly string[]): [string, string][] =>
  paths.flatMap((other) => {
    const name =
      other.startsWith(path) &&
      /^\/\{(\w+)\}$/.exec(other.slice(path.replace(/\/$/, "").length))?.[1];
    return name ? [[other, name]] : [];
  });

/** The ids of the resource, or of each in a list, under the parameter's name or as `id`. */
function idsIn(body: string, name: string): string[] {
  const resources = [parsed(body)].flat().slice(0, 20);
  return resources.flatMap((resource) => {
    const { id, [name]: own = id } = (resource ?? {}) as Record<string, unknown>;
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

/** A URL in a response, which may be relative to the request's path. */
export function urlOf(url: string | undefined, path: string, params: Params): URL | undefined {
  const asked = path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
  const base = `http://localhost${asked}`;
  return url !== undefined && URL.canParse(url, base) ? new URL(url, base) : undefined;
}

/** A name without what differs between fields and paths: `workOrder`, `work-orders`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, "");

const pluralsOf = (word: string): string[] => [
  ...[word, `${word}s`, `${word}es`],
  word.replace(/y$/, "ies"),
];

/** The parameters of `path` in an actual path. */
function paramsIn(path: string, actual: string): Params | undefined {
  const pattern = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/?#]+)");
  return new RegExp(`^${pattern}$`).exec(actual)?.groups;
}
