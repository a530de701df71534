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

/** Starts a browser; as root it works only without a sandbox. @param args Further arguments of Chromium. */
export const openBrowser = (...args: string[]): Promise<Browser> =>
  puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", ...args] });

/** Hosts whose names end with `.test` are this machine. Unlike `localhost`, a browser does not trust them at plain HTTP. */
export const TEST_HOSTS = "--host-resolver-rules=MAP *.test 127.0.0.1";
