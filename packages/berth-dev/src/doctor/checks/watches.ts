// Checks whether saves are noticed: file watches may be used up, and Windows drives in WSL report no saves.
import { existsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { watchSaves } from "../../reload/saves";
import type { Finding } from "../check";
import type { Context } from "../context";

export function checkWatches({ root }: Context): Finding[] {
  return [...judgeFolder(root, release()), ...tryWatches(join(root, "src"))];
}

/** Watches the folder, as `berth reload` does. */
function tryWatches(folder: string): Finding[] {
  if (!existsSync(folder)) return [];
  const problems: string[] = [];
  watchSaves(folder, (problem) => problems.push(problem)).close();
  return problems.map((problem) => {
    const [message = "", cure] = problem.split("; ");
    return { level: "warning", message, ...(cure !== undefined && { cure }) };
  });
}

/** @param kernel `os.release()`, which identifies WSL. */
export function judgeFolder(root: string, kernel: string): Finding[] {
  if (!/microsoft/i.test(kernel) || !/^\/mnt\/[a-z]\//.test(`${root}/`)) return [];
  return [
    {
      level: "warning",
      message: `${root} is on a Windows drive: saves are not noticed, and files are slow`,
      cure: "Clone it into WSL's own file system, such as ~/",
    },
  ];
}
