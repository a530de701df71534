// Jest's setup file. The timeout only ends a test that hangs: it is long enough for any machine, and for a debugger.
import { url } from "node:inspector";

/** The longest of a timer, in milliseconds. */
const NEVER = 2 ** 31 - 1;

jest.setTimeout(url() === undefined ? 120_000 : NEVER);
