// The URL of the embedded PostgreSQL, as DATABASE_URL and psql take it.
import type { AddressInfo } from "node:net";

/** Returns the URL of the database `name`. Any user is accepted, and the role postgres exists. */
export function databaseUrl({ address, family, port }: AddressInfo, name: string): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `postgres://postgres@${host}:${port}/${name}`;
}
