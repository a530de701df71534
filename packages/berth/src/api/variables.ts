// The variable of the documentation.
import { flag, variable } from "../process/environment";

/** What a process reads that shows what it can be asked. */
export const apiVariables = {
  API_DOCS: variable({
    schema: flag,
    default: "true",
    about: "Whether `/docs` and `/openapi.json` tell what the service can be asked.",
  }),
};
