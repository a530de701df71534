import * as v from "valibot";
import type { Variables } from "../src/chassis/process/environment";
import { releaseVariables, webVariables } from "../src/config";

const processes: [string, Variables][] = [
  ["web", webVariables],
  ["release", releaseVariables],
];

describe.each(processes)("the variables of %s", (_name, variables) => {
  it.each(Object.entries(variables))("%s has a default or an example that it takes", (_key, of) => {
    expect(v.is(of.schema, of.default ?? of.example)).toBe(true);
  });
});
