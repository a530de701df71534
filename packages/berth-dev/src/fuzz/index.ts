// The fuzzer as a library, for the tests of a service.
export { fuzz } from "./fuzz";
export { tokenFrom, trustIssuer } from "./own-service";
export { findingsOf } from "./report";
