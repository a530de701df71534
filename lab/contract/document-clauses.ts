// npm run docs: writes the clauses into docs/port-contract.md.
import { loadClauses } from "port-contract";
import { describeClauses, replaceSection } from "./documentation";

replaceSection("clauses", describeClauses(loadClauses()));
