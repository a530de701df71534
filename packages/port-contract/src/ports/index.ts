// Ports of this machine: free ones, and who listens on which.
export { freePort } from "./free-port";
export { type Listener, listenersOf } from "./listeners";
