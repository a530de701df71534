// For tools around a formation: its Procfile, its plan and its ports.
export { isPortFree } from "./free-ports";
export { planFormation } from "./plan";
export { readProcfile } from "./procfile";
