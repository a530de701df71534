// npm run docs: writes the clauses into packages/port-contract/clauses.md.
import { loadClauses } from "port-contract";
import { describeClauses, replaceSection } from "./documentation";

replaceSection("clauses", describeClauses(loadClauses()));
