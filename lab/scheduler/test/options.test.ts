// The command line of the scheduler experiments.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["image", "rollouts"]);

describe("parseOptions", () => {
  it("runs everything by default, with a built image", () => {
    expect(parse()).toMatchObject({ experiments: [], image: undefined, node: process.execPath });
  });

  it("takes a saved image", () => {
    expect(parse("rollouts", "--image", "berth.tar")).toMatchObject({
      experiments: ["rollouts"],
      image: "berth.tar",
    });
  });

  it.each([
    [["rollout"], 'EXPERIMENT must be one of image, rollouts, not "rollout"'],
    [["--image"], "'--image <value>' argument missing"],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
