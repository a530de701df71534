// Long on any machine: a limit decides only when a test ends that hangs.
jest.setTimeout(120_000);

export {};
