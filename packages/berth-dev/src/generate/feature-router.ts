// The router of a feature: the sample's, with the problems that its constraints cause.
import type * as TypeScript from "typescript";
import type { Field } from "./fields";
import { filtersOf } from "./feature-schema";
import { missingDetail, takenDetail } from "./feature-store";
import { applyEdits, calls, type Edit, find, named, parse, typescript } from "./syntax";

/** Describes the problems of constraints in the routes that write. */
export function withProblems(text: string, fields: readonly Field[]): string {
  const unique = fields.filter(({ isUnique }) => isUnique).map(takenDetail);
  const missing = [...new Set(filtersOf(fields).map(missingDetail))];
  const problems = [
    ...(unique.length > 0 ? [`409: ${JSON.stringify(unique.join(" "))}`] : []),
    ...(missing.length > 0
      ? [`422: ${JSON.stringify(["Some fields are not valid.", ...missing].join(" "))}`]
      : []),
  ];
  if (problems.length === 0) return text;
  const source = parse(text);
  const edits = ["post", "put"].flatMap((method) => {
    const route = describedRoute(source, method);
    if (!route) throw new Error(`the sample's router has no described ${method}`);
    return memberEdits(route, `problems: { ${problems.join(", ")} }`);
  });
  return applyEdits(text, edits);
}

/** The description of the route with this method. */
export function describedRoute(
  source: TypeScript.SourceFile,
  method: string,
): TypeScript.ObjectLiteralExpression | undefined {
  const ts = typescript();
  const route = calls(source, `router.${method}`)[0];
  return find(calls(route, "describeRoute")[0], ts.isObjectLiteralExpression);
}

/** Adds a member at the end of an object literal. */
export function memberEdits(object: TypeScript.ObjectLiteralExpression, member: string): Edit[] {
  const last = object.properties.at(-1);
  const at = last?.getEnd() ?? object.getStart() + 1;
  return [{ start: at, end: at, text: last ? `, ${member}` : ` ${member} ` }];
}

/** Describes that a row may still be referenced, unless the router already does. Returns undefined if the route is not found. */
export function withDeleteProblem(text: string, noun: string): string | undefined {
  const ts = typescript();
  const source = parse(text);
  const route = describedRoute(source, "delete");
  if (!route) return undefined;
  const problems = find(named(route, "problems"), ts.isObjectLiteralExpression);
  if (problems?.properties.some((one) => one.name?.getText() === "409")) return text;
  const problem = `409: "Something still refers to the ${noun}."`;
  return applyEdits(
    text,
    problems ? memberEdits(problems, problem) : memberEdits(route, `problems: { ${problem} }`),
  );
}
