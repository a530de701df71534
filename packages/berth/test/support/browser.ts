// Starts the installed Chromium in headless mode.
import { spawnSync } from "node:child_process";
import puppeteer, { type Browser } from "puppeteer-core";

const CHROMIUM = "/usr/bin/chromium";

const isInstalled = spawnSync(CHROMIUM, ["--version"]).status === 0;

/** Like `describe`; skipped, with a note in the title, if Chromium is not installed. */
export const describeWithBrowser = isInstalled
  ? describe
  : (title: string, tests: () => void) =>
      describe.skip(`${title} (skipped: ${CHROMIUM} is not there)`, tests);

/** Starts a browser; as root it works only without a sandbox. */
export const openBrowser = (): Promise<Browser> =>
  puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
