// One line of the result: what was tried of a recipe, and how that went.

/** Tries something; the proof resolves with what there is to say of it, and rejects when it is wrong. */
export type Prove = (what: string, proof: () => Promise<string> | string) => Promise<void>;

/** What cannot be tried here; its message says why. */
export class NotTried extends Error {
  override readonly name = "NotTried";
}

/** Proofs of one recipe, each printed as soon as it is there, and how many of them went wrong. */
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

/** @throws Error with both, when they are not the same as JSON */
export function mustBe(name: string, got: unknown, expected: unknown): void {
  if (JSON.stringify(got) === JSON.stringify(expected)) return;
  throw new Error(`${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
}
