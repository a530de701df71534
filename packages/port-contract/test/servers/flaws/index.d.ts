// The shape of the flaws, for the tests that are written in TypeScript.
interface Flaw {
  /** The ids of the clauses that a server with this flaw breaks. */
  readonly breaks: readonly string[];
  /** Replacements of the server's parts; missing where the Procfile line is the flaw. */
  readonly parts?: Readonly<Record<string, unknown>>;
  /** Makes the Procfile line from the command that starts the sound server. */
  readonly line?: (server: string) => string;
}

export declare const flaws: Readonly<Record<string, Flaw>>;
