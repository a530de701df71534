// Assigns a port to each instance of each process type.
import { parsePort } from "port-contract/args";

const PORTS_PER_TYPE = 100;
const DEFAULT_BASE_PORT = 5000;

/** The port of the first type's first instance: from the flag, the .env file or the environment, in this order, or 5000. */
export function chooseBasePort(
  flag: number | undefined,
  envFile: Record<string, string>,
  env: NodeJS.ProcessEnv,
): number {
  if (flag !== undefined) return flag;
  const text = envFile.PORT ?? env.PORT;
  return text === undefined ? DEFAULT_BASE_PORT : parsePort("PORT", text);
}

/**
 * Returns the port of an instance. `typeIndex` counts from 0 and includes types without instances; `instance` counts from 1.
 * @throws Error when the port would be above 65535.
 */
export function portOf(base: number, typeIndex: number, instance: number): number {
  const port = base + typeIndex * PORTS_PER_TYPE + instance - 1;
  if (port > 65535)
    throw new Error(
      `the ports from ${base} on would reach ${port}: choose a lower first port with -p`,
    );
  return port;
}

/** The name of the variable that has a type's first port, such as DB_PORT for db. Further instances have the next ports. */
export function portVariable(typeName: string): string {
  return `${typeName.toUpperCase().replaceAll("-", "_")}_PORT`;
}
