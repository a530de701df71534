// The service of the working directory, as the kit and other tools run it.
export { ownEnvironment } from "./own-environment";
export { prepareOwnService } from "./own-service";
