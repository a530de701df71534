// What every process gives its features, besides its backing services.

/** The service's name and version. */
export interface About {
  name: string;
  version: string;
}

/** What features get of the process that they run in. */
export interface ProcessServices {
  about: About;
  /** Aborted when the process is about to end: responses that wait, such as long polls, end themselves on it. */
  draining: AbortSignal;
}
