// Gives each instance of each process type its port.

const PORTS_PER_TYPE = 100;
const DEFAULT_BASE_PORT = 5000;

/** The port of the first process type's first instance: the flag's, else the .env file's, else the environment's, else 5000. */
export function chooseBasePort(
  flag: number | undefined,
  envFile: Record<string, string>,
  env: NodeJS.ProcessEnv,
): number {
  if (flag !== undefined) return flag;
  const text = envFile.PORT ?? env.PORT;
  return text === undefined ? DEFAULT_BASE_PORT : parsePort(text, "PORT");
}

/**
 * Returns the port of an instance: `typeIndex` counts from 0, also the types that have no instances; `instance` from 1.
 * @throws Error when there is no such port.
 */
export function portOf(base: number, typeIndex: number, instance: number): number {
  const port = base + typeIndex * PORTS_PER_TYPE + instance - 1;
  if (port > 65535)
    throw new Error(`ports from ${base} on reach ${port}: choose a lower one with -p`);
  return port;
}

/** The variable that tells the others a type's first port: DB_PORT for db. Further instances have the numbers that follow. */
export function portVariable(typeName: string): string {
  return `${typeName.toUpperCase().replaceAll("-", "_")}_PORT`;
}

/** @throws Error that names `source` when `text` is not a port from 1 to 65535. */
export function parsePort(text: string, source: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  throw new Error(`${source} must be a whole number from 1 to 65535, not "${text}"`);
}
