// Keeps the debugger's port to whom it is meant for.

const INSPECT = /(^|\s)--inspect(-brk|-wait|-port)?(=\S*)?(?=\s|$)/g;

/** Returns `env` with an inspector in NODE_OPTIONS left out, which npm has by then, and whether there was one. */
export function withoutInspector(env: NodeJS.ProcessEnv): {
  env: NodeJS.ProcessEnv;
  inspects: boolean;
} {
  const { NODE_OPTIONS = "", ...others } = env;
  const kept = NODE_OPTIONS.replaceAll(INSPECT, "").trim();
  const inspects = kept !== NODE_OPTIONS.trim();
  return { env: kept === "" ? others : { ...others, NODE_OPTIONS: kept }, inspects };
}
