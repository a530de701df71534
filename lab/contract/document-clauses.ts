// npm run docs: writes the clauses, as their modules describe them, into docs/port-contract.md.
import { loadClauses } from "port-contract";
import { describeClauses, replaceSection } from "./documentation";

replaceSection("clauses", describeClauses(loadClauses()));
