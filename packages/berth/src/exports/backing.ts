// Attaches backing services to a process.
export {
  attachServices,
  type Attached,
  type Attachment,
  type AttachOptions,
  type BackingService,
  type BackingServices,
} from "../backing/attach";
export { BackingServiceUnavailable } from "../backing/unavailable";
