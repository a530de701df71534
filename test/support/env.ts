// The environment of your tests: what must be set has the example that its declaration gives.
import { exampleEnvironment } from "berth/config";
import { webVariables } from "../../src/config";

/** No test shall depend on what the shell around it has set; nothing listens at the database's address. */
export const testEnv: Readonly<Record<string, string>> = {
  ...exampleEnvironment(webVariables),
  REFUSE_MISMATCHED_RESPONSES: "true",
  DATABASE_URL: "postgres://user@127.0.0.1:1/absent",
};
