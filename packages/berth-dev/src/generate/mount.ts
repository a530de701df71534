// Finds the places in the owner's files where lines are added, by their syntax, so that everything else stays unchanged.
import type * as TypeScript from "typescript";
import {
  afterLine,
  applyEdits,
  calls,
  descendants,
  find,
  importEdits,
  named,
  parse,
  typescript,
} from "./syntax";

/** The paths of mounted routers and middleware, such as `/orders`. */
export function mountedPaths(routes: string): Map<string, string> {
  const ts = typescript();
  const mounts = descendants(parse(routes)).filter(ts.isCallExpression);
  return new Map(
    mounts.flatMap((call): [string, string][] => {
      const [path] = call.arguments;
      if (!path || !ts.isStringLiteral(path) || !path.text.startsWith("/")) return [];
      return [[path.text, call.getText()]];
    }),
  );
}

/** Mounts a feature's router after the others. Returns undefined if there is no `mountRoutes`. */
export function withMount(
  routes: string,
  { path, router, from }: { path: string; router: string; from: string },
): { text: string; line: string } | undefined {
  const ts = typescript();
  const source = parse(routes);
  const mount = source.statements.find(
    (node): node is TypeScript.FunctionDeclaration =>
      ts.isFunctionDeclaration(node) && node.name?.text === "mountRoutes",
  );
  const [app, services] = mount?.parameters.map(({ name }) => name.getText()) ?? [];
  if (!mount?.body || app === undefined || services === undefined) return undefined;
  const line = `${app}.use("${path}", ${router}(${services}));`;
  const last = mount.body.statements.filter((statement) => isMount(statement, app)).at(-1);
  const at = last ? afterLine(last) : lineOf(routes, mount.body.getEnd() - 1);
  const isOwnLine = at === 0 || routes[at - 1] === "\n";
  return {
    text: applyEdits(routes, [
      ...importEdits(source, from, [router]),
      { start: at, end: at, text: isOwnLine ? `  ${line}\n` : `\n  ${line}` },
    ]),
    line,
  };
}

/** Whether it is `app.use("/path", …)`. */
function isMount(statement: TypeScript.Statement, app: string): boolean {
  const ts = typescript();
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression))
    return false;
  const { expression, arguments: args } = statement.expression;
  return (
    expression.getText() === `${app}.use` && args[0] !== undefined && ts.isStringLiteral(args[0])
  );
}

/** The start of a position's line, if only spaces precede the position. */
function lineOf(text: string, position: number): number {
  const start = text.lastIndexOf("\n", position - 1) + 1;
  return text.slice(start, position).trim() === "" ? start : position;
}

/** Adds a member to the object that a variable is declared with, after the others. Returns undefined if it is not found. */
export function withMember(
  text: string,
  variable: string,
  member: string,
  imports: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  const ts = typescript();
  const source = parse(text);
  const object = find(named(source, variable), ts.isObjectLiteralExpression);
  const last = object?.properties.at(-1);
  if (!object || !last) return undefined;
  // After its comma and a trailing comment.
  const comma = /^\s*,[^\S\n]*(?:\/\/[^\n]*)?/.exec(text.slice(last.getEnd()))?.[0];
  const at = last.getEnd() + (comma ?? "").length;
  return applyEdits(text, [
    ...Object.entries(imports).flatMap(([from, names]) => importEdits(source, from, names)),
    { start: at, end: at, text: `${comma === undefined ? "," : ""}\n  ${member},` },
  ]);
}

/** Wraps the statement that deletes a row with the constraints' messages. Returns undefined if it is not found. */
export function withReferrer(
  store: string,
  table: string,
  constraint: string,
  detail: string,
): string | undefined {
  const ts = typescript();
  const source = parse(store);
  const remove = calls(source, "query").find((call) =>
    call.arguments[0]?.getText().includes(`DELETE FROM ${table} `),
  );
  if (!remove) return undefined;
  const entry = `${constraint}: ${JSON.stringify(detail)}`;
  const handled = calls(source, "onViolation").find(
    ({ parent }) =>
      ts.isCallExpression(parent) &&
      ts.isPropertyAccessExpression(parent.expression) &&
      parent.expression.expression === remove,
  );
  const messages = find(handled, ts.isObjectLiteralExpression);
  const last = messages?.properties.at(-1);
  if (last) {
    return applyEdits(store, [{ start: last.getEnd(), end: last.getEnd(), text: `, ${entry}` }]);
  }
  const at = remove.getEnd();
  return applyEdits(store, [
    ...importEdits(source, "berth/postgres", ["onViolation"]),
    { start: at, end: at, text: `.catch(onViolation({ ${entry} }))` },
  ]);
}
