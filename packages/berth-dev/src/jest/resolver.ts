// Jest's resolver: finds the same file of a package as Node, also if its `exports` have an entry for ES modules only.

/** Jest's arguments for a resolver. */
interface ResolverOptions {
  conditions?: readonly string[];
  defaultResolver: (path: string, options: ResolverOptions) => string;
}

/**
 * Adds the condition `module-sync`, with which Node resolves `require` as well as `import`. Where a package has nothing for
 * `require`, what it has for `import` is taken: in tests `import()` is compiled to `require`.
 * @see https://nodejs.org/api/packages.html#conditional-exports
 */
export function sync(path: string, options: ResolverOptions): string {
  const conditions = [...(options.conditions ?? []), "module-sync"];
  try {
    return options.defaultResolver(path, { ...options, conditions });
  } catch (err) {
    if (isFile(path)) throw err;
    try {
      return options.defaultResolver(path, { ...options, conditions: [...conditions, "import"] });
    } catch {
      throw err;
    }
  }
}

const isFile = (path: string): boolean => /^\.{0,2}\//.test(path);
