// Long enough for any machine: the timeout only ends a test that hangs.
jest.setTimeout(120_000);

export {};
