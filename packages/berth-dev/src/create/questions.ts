// Asks which parts the service should have.
import { createInterface } from "node:readline/promises";
import { UsageError } from "port-contract/args";
import { PART_NAMES, type PartName, PARTS, withNeeds } from "../scaffold/parts";
import type { CreateOptions } from "./options";

/**
 * Asks for each part in a terminal, unless arguments have chosen the parts.
 * @throws UsageError when the input ends, as by Ctrl-D.
 */
export async function askForParts(options: CreateOptions): Promise<CreateOptions> {
  if (options.isChosen || !process.stdin.isTTY || !process.stdout.isTTY) return options;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const parts: PartName[] = [];
  const closed = new Promise<never>((_resolve, reject) => {
    terminal.once("close", () => {
      // End the line of the question.
      console.log();
      reject(new UsageError("no answer; nothing has been changed"));
    });
  });
  try {
    for (const name of PART_NAMES) {
      const { about, isDefault, needs = [] } = PARTS[name];
      if (needs.some((needed) => !parts.includes(needed))) continue;
      const answer = agrees(terminal, `${name}: ${about}`, isDefault);
      if (await Promise.race([answer, closed])) parts.push(name);
    }
  } finally {
    closed.catch(() => {});
    terminal.removeAllListeners("close").close();
  }
  return { ...options, parts: withNeeds(parts) };
}

async function agrees(
  terminal: ReturnType<typeof createInterface>,
  question: string,
  isDefault: boolean,
): Promise<boolean> {
  for (;;) {
    const answer = await terminal.question(`${question}? ${isDefault ? "[Y/n]" : "[y/N]"} `);
    if (answer.trim() === "") return isDefault;
    if (/^(y|yes|n|no)$/i.test(answer.trim())) return /^y/i.test(answer.trim());
  }
}
