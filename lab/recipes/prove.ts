// The results of a recipe's tests, one line each.

/** Runs a test, which returns or resolves to a remark, and throws or rejects when it fails. */
export type Prove = (what: string, proof: () => Promise<string> | string) => Promise<void>;

/** A test cannot run here; the message has the reason. */
export class NotTried extends Error {
  override readonly name = "NotTried";
}

/** Runs the tests of one recipe, prints each result at once, and counts the failures. */
export function prover(recipe: string) {
  let wrong = 0;
  const say = (outcome: string, what: string, detail: string): void =>
    void process.stdout.write(
      `${recipe.padEnd(11)}${outcome.padEnd(10)}${what.padEnd(52)}${detail}\n`,
    );
  const prove: Prove = async (what, proof) => {
    try {
      say("ok", what, await proof());
    } catch (err) {
      const { message } = err as Error;
      if (err instanceof NotTried) return say("not tried", what, message);
      wrong++;
      say("WRONG", what, message);
    }
  };
  return { prove, say, wrong: () => wrong };
}

/** @throws Error with both values when their JSON differs */
export function mustBe(name: string, got: unknown, expected: unknown): void {
  if (JSON.stringify(got) === JSON.stringify(expected)) return;
  throw new Error(`${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}
