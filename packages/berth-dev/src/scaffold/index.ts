// For `npm run init` in a clone of Berth.
export { UsageError } from "port-contract/args";
export { filesOf, requireClean } from "./files";
export { BERTH, PACKAGE_NAMES, PART_NAMES, type PartName, VENDORED } from "./parts";
export {
  documentVariables,
  goneOf,
  README,
  renderService,
  renderText,
  runTool,
  tarballOf,
  type Versions,
} from "./render";
export { isRunning } from "./service";
export { packageVersions, packTemplate } from "./template";
export { withoutLinks, withoutParts, withoutProcesses } from "./text";
