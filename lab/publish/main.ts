// `npm run release -w lab`: publishes the packages, as the release workflow does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "port-contract/args";
import { publishedLine, publishPackages, stagePackages } from "./publish";

const HELP = `Publishes the packages to the registry that npm is configured for.

npm run release -w lab [-- OPTIONS OF npm publish]

GITHUB_REPOSITORY  OWNER/NAME: the repository that the packages name
GITHUB_REF_NAME    with GITHUB_REF_TYPE=tag: must be the packages' version, such as v0.2.0
`;

const args = process.argv.slice(2);
const { env } = process;
if (args.includes("--help")) console.log(HELP);
else {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  try {
    const { GITHUB_REPOSITORY: repository } = env;
    const published = publishPackages(stagePackages(folder, repository), {
      args,
      env,
      repository,
      tag: env.GITHUB_REF_TYPE === "tag" ? env.GITHUB_REF_NAME : undefined,
    });
    for (const one of published) console.log(publishedLine(one));
  } catch (err) {
    if (!(err instanceof UsageError)) throw err;
    console.error(`release: ${err.message}`);
    process.exitCode = 1;
  }
}
