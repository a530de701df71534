// HTTP: GET the path; any answer below 500 is one of a service that serves.
import { exchange } from "../harness/http";
import type { Probe } from "./probe";

/** `--probe http`, the default. */
export const probe: Probe = {
  name: "http",
  async ask(connection, { path }, limitMs) {
    const { status, statusLine } = await exchange(connection, { path }, limitMs);
    return { text: statusLine, ready: status < 500 };
  },
};
