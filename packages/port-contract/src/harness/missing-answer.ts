// The ways in which the program under test can fail to answer: what a tool meets there is a finding, no accident of its own.

/** Any of them; the message is meant for the report. */
export class MissingAnswer extends Error {}

/** Says that no connection came about. */
export class NoConnection extends MissingAnswer {
  /** `code` is the system's, such as ECONNREFUSED. */
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

/** Says that a connection ended, or its time did, before a whole answer had come. */
export class NoResponse extends MissingAnswer {
  /** `hasBegun`: a part of the answer had come. */
  constructor(
    message: string,
    readonly hasBegun = false,
  ) {
    super(message);
  }
}

/** Says that there was an answer, but not in the protocol that was spoken. */
export class WrongProtocol extends MissingAnswer {}
