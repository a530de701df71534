// Reads the notes sample, from which features are made: in a clone of Berth its own files, in a service the packed template's.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readTemplateFile } from "../scaffold/template";
import { withoutParts } from "../scaffold/text";

const PARTS_LEFT_OUT = ["berth", "grpc", "feed"];

/** Reads a file of the template, without the marks of parts. @param root The service, or a clone of Berth. */
export function readSample(root: string, file: string): string {
  const path = join(root, file);
  const isClone = existsSync(join(root, "packages/berth-dev"));
  const text = isClone ? readFileSync(path, "utf8") : readTemplateFile(file);
  return withoutParts(text, PARTS_LEFT_OUT, file);
}
