import { parentGone, isForegroundShell } from "../../src/process/parent-shell";

const own = ["node", "dist/server.js"];

describe("isForegroundShell", () => {
  it.each([
    [["sh", "-c", "node dist/server.js"]],
    [["/bin/dash", "-c", "node dist/server.js"]],
    [["-bash", "-lc", "node  dist/server.js "]],
    [["busybox", "sh", "-c", "node dist/server.js"]],
    [["/bin/sh", "-e", "-c", "PORT=1 node dist/server.js 2>&1"]],
    [["sh", "-c", "node dist/migrate.js && node dist/server.js"]],
    [["sh", "-c", "cd app; exec 2>&1\nnode dist/server.js >/dev/null"]],
  ])("is true for %j", (parent) => {
    expect(isForegroundShell(parent, own)).toBe(true);
  });

  it.each([
    // A background process is meant to survive its shell.
    [["sh", "-c", "node dist/server.js &"]],
    [["sh", "-c", "node dist/server.js & sleep 1"]],
    [["sh", "-c", "node dist/server.js 2>&1 &"]],
    [["sh", "-c", "nohup node dist/server.js"]],
    [["sh", "-c", "setsid node dist/server.js"]],
    // The shell waits for another command, or its command is not visible.
    [["sh", "-c", "node dist/server.js; sleep 1"]],
    [["sh", "-c", "node dist/server.js.old"]],
    [["sh", "-c", ". ./start.sh"]],
    [["sh", "start.sh"]],
    [["sh", "-c"]],
    [["bash"]],
    [["-bash"]],
    [[]],
    // Not shells.
    [["tini", "--", "node", "dist/server.js"]],
    [["npm start"]],
    [["/sbin/init"]],
    [["node", "-c", "node dist/server.js"]],
    [["systemd", "-c", "node dist/server.js"]],
  ])("is false for %j", (parent) => {
    expect(isForegroundShell(parent, own)).toBe(false);
  });

  it("is false for a program without arguments, because its name alone is ambiguous", () => {
    expect(isForegroundShell(["sh", "-c", "node"], ["node"])).toBe(false);
  });
});

describe("parentGone", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const observe = (parent: number | undefined) => {
    const process = { ppid: 7 };
    const gone = jest.fn();
    void parentGone(process, parent).then(gone);
    return { process, gone };
  };

  it.each([1, 99])("resolves once the parent's id changes, to %i", async (adopter) => {
    const { process, gone } = observe(7);
    await jest.advanceTimersByTimeAsync(1000);
    expect(gone).not.toHaveBeenCalled();
    process.ppid = adopter;
    await jest.advanceTimersByTimeAsync(1000);
    expect(gone).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("resolves if the parent has died before", async () => {
    const { gone } = observe(6);
    await jest.advanceTimersByTimeAsync(1000);
    expect(gone).toHaveBeenCalled();
  });

  it("never resolves without a parent to watch", async () => {
    const { process, gone } = observe(undefined);
    process.ppid = 1;
    await jest.advanceTimersByTimeAsync(1000);
    expect(gone).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});
