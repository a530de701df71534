// A transformer of ts-jest: `import()` becomes a `require` that resolves with what Node's would, as Jest has no `import()`.
import type * as TypeScript from "typescript";

/** For the key of ts-jest's cache. */
export const name = "dynamic-import";
export const version = 1;

/** Replaces `import(name)` by `(async (name) => asNamespace(require(name)))(name)`. */
export function factory({
  configSet: { compilerModule: ts },
}: {
  configSet: { compilerModule: typeof TypeScript };
}): TypeScript.TransformerFactory<TypeScript.SourceFile> {
  return (context) => (file) => {
    const visit = (node: TypeScript.Node): TypeScript.Node => {
      const visited = ts.visitEachChild(node, visit, context);
      return ts.isCallExpression(visited) && visited.expression.kind === ts.SyntaxKind.ImportKeyword
        ? importOf(ts, visited.arguments[0]!)
        : visited;
    };
    return ts.visitEachChild(file, visit, context);
  };
}

function importOf(ts: typeof TypeScript, specifier: TypeScript.Expression): TypeScript.Expression {
  const f = ts.factory;
  const arrow = (
    parameter: string,
    body: TypeScript.ConciseBody,
    ...modifiers: TypeScript.Modifier[]
  ) =>
    f.createParenthesizedExpression(
      f.createArrowFunction(
        modifiers,
        undefined,
        [f.createParameterDeclaration(undefined, undefined, parameter)],
        undefined,
        undefined,
        body,
      ),
    );
  const call = (callee: TypeScript.Expression, argument: TypeScript.Expression) =>
    f.createCallExpression(callee, undefined, [argument]);
  const found = f.createIdentifier("found");
  const toString = ["Object", "prototype", "toString", "call"].reduce<TypeScript.Expression>(
    (object, member, index) =>
      index === 0 ? f.createIdentifier(member) : f.createPropertyAccessExpression(object, member),
    found,
  );
  // Of CommonJS, `default` is all of it. What `es-modules.ts` has compiled is marked, as a namespace is.
  const asNamespace = f.createConditionalExpression(
    f.createStrictEquality(call(toString, found), f.createStringLiteral("[object Module]")),
    undefined,
    found,
    undefined,
    f.createObjectLiteralExpression([
      f.createSpreadAssignment(found),
      f.createPropertyAssignment("default", found),
    ]),
  );
  const required = call(f.createIdentifier("require"), f.createIdentifier("name"));
  const load = call(arrow("found", f.createParenthesizedExpression(asNamespace)), required);
  return call(arrow("name", load, f.createModifier(ts.SyntaxKind.AsyncKeyword)), specifier);
}
