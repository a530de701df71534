// The environment of your tests: required variables have the example from their declaration.
import { exampleEnvironment } from "berth/config";
import { webVariables } from "../../src/config";

/** Tests must not depend on the shell's variables. Nothing listens at the database's address. */
export const testEnv: Readonly<Record<string, string>> = {
  ...exampleEnvironment(webVariables),
  REFUSE_MISMATCHED_RESPONSES: "true",
  DATABASE_URL: "postgres://user@127.0.0.1:1/absent",
};
