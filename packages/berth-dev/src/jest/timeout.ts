// Jest's setup file. The timeout only ends a test that hangs: it is long enough for any machine.
jest.setTimeout(120_000);

export {};
