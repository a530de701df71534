// For `npm run init` in a clone of Berth, and for `npm create berth`.
export { placeIn, requireEmpty, typedPath, untilDone } from "./folder";
export { createdText, reportErrors, runCreate } from "./main";
export { type CreateOptions, parseOptions, takenNames, usageOf } from "./options";
export { askForParts } from "./questions";
export { writeService } from "./service";
