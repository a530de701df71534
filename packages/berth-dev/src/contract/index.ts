// Prepares the service in the working directory for the contract kit and other tools.
export { ownEnvironment } from "./own-environment";
export { prepareOwnService } from "./own-service";
