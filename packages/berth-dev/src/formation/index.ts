// What tools around a formation ask of its Procfile, its plan and its ports.
export { isPortFree } from "./free-ports";
export { planFormation } from "./plan";
export { readProcfile } from "./procfile";
