// The two ways in which the program under test can fail to answer.

/** Says that a connection ended, or its time did, before a whole answer had come. */
export class NoResponse extends Error {}

/** Says that there was an answer, but not in the protocol that was spoken. */
export class WrongProtocol extends Error {}
