// Writes the OpenAPI document of your routes, without starting the service: npm run openapi [-- FILE].
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pino } from "pino";
import { openApiDocument, undescribedRoutes } from "berth/api";
import { readAbout } from "berth/process";
import { exampleEnvironment, readEnvironment } from "berth/config";
import { createApp } from "../src/app";
import { webVariables } from "../src/config";
import { mountRoutes } from "../src/routes";
import { createServices } from "../src/services";

const src = join(__dirname, "../src");

/** Returns the document, and the routes that have no description. @throws DescriptionError when a description contradicts itself. */
export function describeService(): { document: object; undescribed: string[] } {
  // Required variables get the examples in their declarations: nothing here connects to them.
  const config = readEnvironment(webVariables, exampleEnvironment(webVariables));
  const logger = pino({ enabled: false });
  const about = readAbout(src);
  const { signal: draining } = new AbortController();
  const { attached, services } = createServices({ config, logger, about, draining });
  const app = createApp({
    config,
    logger,
    draining,
    attached,
    mountRoutes: (to) => mountRoutes(to, services),
  });
  const { name: title, version } = about;
  return {
    document: openApiDocument(app.router, { title, version }),
    undescribed: undescribedRoutes(app.router),
  };
}

function main(file = "openapi.json"): void {
  try {
    const { document, undescribed } = describeService();
    writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
    process.stderr.write(`Wrote ${relative("", file)}\n`);
    if (undescribed.length > 0) process.stderr.write(`Not described: ${undescribed.join(", ")}\n`);
  } catch (err) {
    process.stderr.write(`${(err as Error).message}\n`);
    process.exitCode = 1;
  }
}

if (require.main === module) main(...process.argv.slice(2));
