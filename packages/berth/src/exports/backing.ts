// Backing services: how a process attaches them, and the error while one is down.
export {
  attachServices,
  type Attached,
  type Attachment,
  type AttachOptions,
  type BackingService,
  type BackingServices,
} from "../backing/attach";
export { BackingServiceUnavailable } from "../backing/unavailable";
