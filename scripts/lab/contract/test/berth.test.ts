// The contract itself: the kit, as one types it, on what ships.
import { contract } from "./support";

describe("the built service, run by the web line of the Procfile", () => {
  it("keeps every clause of the port contract", async () => {
    const { code, stdout } = await contract(["--jobs", "8"]);
    expect(stdout).toMatch(/ 0 failed, .* keeps the contract/);
    expect(code).toBe(0);
  });
});
