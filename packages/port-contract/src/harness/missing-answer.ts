// The ways in which the program under test can fail to respond. They are findings, not errors of the tool.

/** The base class; the message is for the report. */
export class MissingAnswer extends Error {}

/** The connection failed. */
export class NoConnection extends MissingAnswer {
  /** @param code The system's error code, such as ECONNREFUSED. */
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

/** The connection ended, or the time was up, before the response was complete. */
export class NoResponse extends MissingAnswer {
  /** @param hasBegun Whether a part of the response was received. */
  constructor(
    message: string,
    readonly hasBegun = false,
  ) {
    super(message);
  }
}

/** The response is in another protocol. */
export class WrongProtocol extends MissingAnswer {}
