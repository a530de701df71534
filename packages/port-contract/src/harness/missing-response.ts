// Errors for a program under test that does not respond: results of a check, not bugs of the tool.

/** The base class; the message is for the report. */
export class MissingResponse extends Error {}

/** The connection failed. */
export class NoConnection extends MissingResponse {
  /** @param code The system's error code, such as ECONNREFUSED. */
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

/** The connection ended, or the time was up, before the response was complete. */
export class NoResponse extends MissingResponse {
  /** @param hasBegun Whether a part of the response was received. */
  constructor(
    message: string,
    readonly hasBegun = false,
  ) {
    super(message);
  }
}

/** The response is in another protocol. */
export class WrongProtocol extends MissingResponse {}
