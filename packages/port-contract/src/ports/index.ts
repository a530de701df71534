// Free ports, and which process listens on which port.
export { freePort } from "./free-port";
export { type Listener, listenersOf } from "./listeners";
