// Writes a request as a line for a shell.
import { writeFileSync } from "node:fs";
import type { Sent } from "./exchange";

/** A longer body goes into a file. */
const LONGEST = 4000;

/** @param file Where a body is written that no line should have. */
export function curlOf(url: string, { method, target, headers, body }: Sent, file: string): string {
  const named = Object.entries(headers).map(
    // curl takes a name alone for a header to leave out.
    ([name, value]) => `-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`,
  );
  const how = method === "HEAD" ? ["-I"] : ["-i", "-X", method];
  const words = ["curl", ...how, "--path-as-is", ...named, ...bodyWords(body, file)];
  return [...words, quote(url + target)].join(" ");
}

function bodyWords(body: Sent["body"], file: string): string[] {
  if (body === undefined) return [];
  const isLine = typeof body === "string" && body.length <= LONGEST && !/[\0\r\n]|^@/.test(body);
  if (isLine) return ["--data-raw", quote(body)];
  writeFileSync(file, body);
  return ["--data-binary", quote(`@${file}`)];
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
