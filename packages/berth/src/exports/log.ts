// The log for code that was handed none. Importing it keeps work contexts, which cost speed before Node 24.
export { log } from "../process/log";
