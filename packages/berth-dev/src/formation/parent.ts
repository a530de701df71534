// Notices that npm, which started the runner, has gone without a word.

const POLL_MS = 500;

/** Resolves when the process that started `runner` has ended; never when that was not npm, as others may leave it behind on purpose. */
export function watchParent(runner: { ppid: number; env: NodeJS.ProcessEnv }): Promise<void> {
  if (runner.env.npm_lifecycle_event === undefined) return new Promise(() => {});
  const parent = runner.ppid;
  return new Promise((resolve) => {
    const poll = setInterval(() => {
      // Orphans get another parent.
      if (runner.ppid === parent) return;
      clearInterval(poll);
      resolve();
    }, POLL_MS).unref();
  });
}
