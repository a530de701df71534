// Debian's Chromium, where it is installed, without a window.
import { spawnSync } from "node:child_process";
import puppeteer, { type Browser } from "puppeteer-core";

const CHROMIUM = "/usr/bin/chromium";

const isInstalled = spawnSync(CHROMIUM, ["--version"]).status === 0;

/** As `describe`; skipped where there is no Chromium, and its title says so. */
export const describeWithBrowser = isInstalled
  ? describe
  : (title: string, tests: () => void) =>
      describe.skip(`${title} (skipped: ${CHROMIUM} is not there)`, tests);

/** Starts a browser of its own; root may only run one without a sandbox. */
export const openBrowser = (): Promise<Browser> =>
  puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
