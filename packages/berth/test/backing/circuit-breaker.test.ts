import { createCircuit, type Permit } from "../../src/backing/circuit-breaker";
import { createTestLogger } from "../../src/testing/app";

/** A circuit, its clock and its log. */
function start() {
  const { logger, log } = createTestLogger();
  let nowMs = 0;
  const circuit = createCircuit("stock", logger, () => nowMs);
  /** Permission, which the test expects to be given. */
  const permission = (): Permit => {
    const permit = circuit.enter();
    if (typeof permit === "number") throw new Error(`it is open for ${permit} ms`);
    return permit;
  };
  const fail = (times: number): void => {
    for (let time = 0; time < times; time++) permission()("away", new Error("refused"));
  };
  const pass = (ms: number): number => (nowMs += ms);
  return { circuit, permission, fail, pass, said: () => log.map(({ msg }) => msg), log };
}

const OPENS = "stock does not answer, calls to it wait or fail at once";
const CLOSES = "stock answers again";

describe("a circuit", () => {
  it("opens after five failures in a row, and says why", () => {
    const { circuit, permission, fail, log } = start();
    fail(4);
    permission()("answers");
    fail(4);
    expect(log).toEqual([]);
    fail(1);
    expect(circuit.enter()).toBeGreaterThan(0);
    expect(log).toMatchObject([{ level: "warn", msg: OPENS, err: { message: "refused" } }]);
  });

  it("lets one call at a time try whether the other side is back", () => {
    const { circuit, permission, fail, pass, said } = start();
    fail(5);
    pass(250);
    const trial = permission();
    expect([circuit.enter(), circuit.enter()]).toEqual([250, 250]);
    trial("answers");
    expect([typeof circuit.enter(), typeof circuit.enter()]).toEqual(["function", "function"]);
    expect(said()).toEqual([OPENS, CLOSES]);
  });

  it("stays open for longer with each try that fails, up to a second", () => {
    const { circuit, permission, fail, pass, said } = start();
    fail(5);
    for (const mostMs of [250, 500, 1000, 1000, 1000]) {
      const waitMs = circuit.enter();
      expect(waitMs).toBeGreaterThanOrEqual(mostMs / 2);
      expect(waitMs).toBeLessThanOrEqual(mostMs);
      pass(mostMs);
      permission()("away");
    }
    expect(said()).toEqual([OPENS]);
  });

  it("is worth no wait once it has been open for longer than a restart takes", () => {
    const { circuit, permission, fail, pass, said } = start();
    fail(5);
    pass(4999);
    permission()("away");
    expect(circuit.enter()).toBeLessThanOrEqual(500);
    pass(1);
    expect(circuit.enter()).toBe(Infinity);
    // One still tries, at most each second.
    pass(1000);
    const trial = permission();
    expect(circuit.enter()).toBe(Infinity);
    trial("away");
    expect(circuit.enter()).toBe(Infinity);
    pass(1000);
    permission()("answers");
    fail(5);
    expect(circuit.enter()).toBeLessThanOrEqual(250);
    expect(said()).toEqual([OPENS, CLOSES, OPENS]);
  });

  it("counts from the beginning once it has closed", () => {
    const { circuit, permission, fail, pass } = start();
    fail(5);
    pass(250);
    permission()("away");
    pass(500);
    permission()("answers");
    fail(4);
    expect(typeof circuit.enter()).toBe("function");
    fail(1);
    expect(circuit.enter()).toBeLessThanOrEqual(250);
  });

  it("heeds nothing that began before it opened", () => {
    const { circuit, permission, fail, pass, said } = start();
    const [late, well] = [permission(), permission()];
    fail(5);
    pass(250);
    const trial = permission();
    late("away");
    well("answers");
    expect(circuit.enter()).toBe(250);
    trial("away");
    expect(circuit.enter()).toBeLessThanOrEqual(500);
    expect(said()).toEqual([OPENS]);
  });

  it("learns nothing of calls that had no time", () => {
    const { circuit, permission, fail, pass, said } = start();
    for (let call = 0; call < 10; call++) permission()("unclear");
    expect(said()).toEqual([]);
    fail(5);
    pass(250);
    permission()("unclear");
    expect(typeof circuit.enter()).toBe("function");
    expect(said()).toEqual([OPENS]);
  });

  it("is not open for as long as others are", () => {
    const waits = Array.from({ length: 20 }, () => {
      const { circuit, fail } = start();
      fail(5);
      return circuit.enter();
    });
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});
