// `berth new process`: a process type, which works in the background or serves HTTP.
import { UsageError } from "port-contract/args";
import { camel, kebab, parseName, prose, refuseReserved } from "./names";
import { backgroundProcess, backgroundTest, httpProcess, httpTest } from "./process-files";
import { importEdits, applyEdits, parse, afterLine, typescript } from "./syntax";
import { change, create, emptyPlan, type Plan, textOf, type Workspace } from "./plan";

/** @throws UsageError when the name is invalid, or taken by a file, a variable or a process type. */
export async function planProcess(
  workspace: Workspace,
  { name, isHttp }: { name: string; isHttp: boolean },
): Promise<Plan> {
  const { root } = workspace;
  const words = parseName(name);
  refuseReserved(words, "choose another name, such as nightly-report");
  const [type, variables] = [kebab(words), `${camel(words)}Variables`];
  for (const file of ["Procfile", "Procfile.dev"]) {
    if (new RegExp(`^${type}:`, "m").test(textOf(root, file)))
      throw new UsageError(`${file} already has a process ${type}: choose another name`);
  }
  if (new RegExp(`\\b${variables}\\b`).test(textOf(root, "src/config.ts")))
    throw new UsageError(`src/config.ts already has ${variables}: choose another name`);

  const plan = emptyPlan(workspace, `npm run check, and npm run dev -- -m ${type}=1`);
  plan.changesVariables = true;
  await create(plan, `src/${type}.ts`, isHttp ? httpProcess(words) : backgroundProcess(words));
  await create(plan, `test/${type}.test.ts`, isHttp ? httpTest(words) : backgroundTest(words));

  const base = isHttp ? "httpVariables" : "backgroundVariables";
  const declaration = `/** What the ${prose(words)} process reads. */
export const ${variables} = { ...${base}, ...postgresVariables };`;
  await change(plan, "src/config.ts", (text) => withVariables(text, declaration, base), {
    line: `export const ${variables} = …`,
    otherwise: `no export const …Variables was found. Add: ${declaration.split("\n")[1]}`,
  });
  await change(plan, "Procfile", (text) => withLine(text, `${type}: node dist/${type}.js`), {
    line: `${type}: node dist/${type}.js`,
    otherwise: `add: ${type}: node dist/${type}.js`,
  });
  const command = `${type}: DATABASE_URL=\${DEV_DATABASE_URL:-postgres://postgres@127.0.0.1:$DB_PORT/$FORMATION_ID} exec berth reload src/${type}.ts`;
  await change(
    plan,
    "Procfile.dev",
    (text) => withLine(text, `# formation: ${type}=0\n${command}`),
    { line: `${type}: … exec berth reload src/${type}.ts`, otherwise: `add: ${command}` },
  );
  return plan;
}

/** Adds the line at the end, because a line's port depends on those before it. */
const withLine = (text: string, line: string): string =>
  `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;

/** Adds a declaration after the last one of variables. Returns undefined if there is none. */
function withVariables(text: string, declaration: string, base: string): string | undefined {
  const ts = typescript();
  const source = parse(text);
  const last = source.statements
    .filter((node) => ts.isVariableStatement(node) && /Variables = /.test(node.getText()))
    .at(-1);
  if (!last) return undefined;
  const at = afterLine(last);
  return applyEdits(text, [
    ...importEdits(source, "berth/config", [base, "postgresVariables"]),
    { start: at, end: at, text: `\n${declaration}\n` },
  ]);
}
