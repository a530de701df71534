// `log`, for code that gets no logger as an argument. Importing it turns AsyncLocalStorage on, which is slow before Node 24.
export { log } from "../process/log";
