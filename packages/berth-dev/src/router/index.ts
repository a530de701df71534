// The router of the development formation.
export { createRouter } from "./router";
