// Backing services: how a process attaches them.
export {
  attachServices,
  type Attached,
  type Attachment,
  type AttachOptions,
  type BackingService,
  type BackingServices,
} from "../backing/attach";
export { BackingServiceUnavailable } from "../backing/unavailable";
