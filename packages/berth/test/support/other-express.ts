// Replaces the installed Express or router for modules that are loaded afterwards.

type Method = (...args: unknown[]) => unknown;
type Methods = Record<string, Method>;
type Create = Method & { Route: unknown; response: Methods };

const actual = (name: string): Create => jest.requireActual<Create>(name);

/** Another version of Express's router. */
export const withRouter = (name: string) => (): void =>
  void jest.doMock("router", () => actual(name));

/** A router that works like the installed one, but exposes only the given internals. */
export const withOpaqueRouter = (shown: object) => (): void =>
  void jest.doMock("router", () => {
    const create = actual("router");
    function OpaqueRouter(options: unknown): object {
      const inner = create(options) as Methods;
      const outer: Method = (...args) => inner["handle"]?.(...args);
      const methods = ["use", "route", "handle", "all", "get", "put", "post", "patch", "delete"];
      const forwarded = methods.map((name): [string, Method] => {
        const forward: Method = (...args) => {
          const result = inner[name]?.(...args);
          return result === inner ? outer : result;
        };
        return [name, forward];
      });
      return Object.assign(outer, Object.fromEntries(forwarded), shown);
    }
    return Object.assign(OpaqueRouter, { Route: create.Route });
  });

/** An Express with changed apps or responses. */
export const withExpress = (change: (app: Methods, response: Methods) => object) => (): void =>
  void jest.doMock("express", () => {
    const express = actual("express");
    const create: Method = (...args) => change(express(...args) as Methods, express.response);
    return Object.assign(create, express);
  });

/** An app that does not call its `handle`. */
export function withoutHandle(app: Methods): object {
  const handle = app["handle"]?.bind(app);
  return Object.setPrototypeOf((...args: unknown[]) => handle?.(...args), app) as object;
}

/** A `res.json` that reads another setting. */
export function withBigInts(app: Methods, response: Methods): object {
  const { json } = response;
  response["json"] = function (this: { app: { get: Method } }, value) {
    return this.app.get("json bigint") === "text"
      ? json?.call(this, "bigint")
      : json?.call(this, value);
  };
  return app;
}

/** Entity tags of another kind. */
export function withStrongTags(app: Methods): object {
  return app["set"]?.("etag", "strong") as object;
}
