import { createCircuitBreaker, type Permit } from "../../src/backing/circuit-breaker";
import { createTestLogger } from "../../src/testing/app";

/** A circuit breaker with a fake clock and a log. */
function start() {
  const { logger, log } = createTestLogger();
  let nowMs = 0;
  const circuit = createCircuitBreaker("stock", logger, () => nowMs);
  /** A permit, which must be available. */
  const permission = (): Permit => {
    const permit = circuit.tryAcquire();
    if (typeof permit === "number") throw new Error(`it is open for ${permit} ms`);
    return permit;
  };
  const fail = (times: number): void => {
    for (let time = 0; time < times; time++) permission()("failure", new Error("refused"));
  };
  const pass = (ms: number): number => (nowMs += ms);
  return { circuit, permission, fail, pass, said: () => log.map(({ msg }) => msg), log };
}

const OPENS = "stock is not responding: circuit breaker open, calls wait or fail at once";
const CLOSES = "stock is responding again: circuit breaker closed";

describe("a circuit breaker", () => {
  it("opens after five failures in a row, and logs the reason", () => {
    const { circuit, permission, fail, log } = start();
    fail(4);
    permission()("success");
    fail(4);
    expect(log).toEqual([]);
    fail(1);
    expect(circuit.tryAcquire()).toBeGreaterThan(0);
    expect(log).toMatchObject([{ level: "warn", msg: OPENS, err: { message: "refused" } }]);
  });

  it("permits one trial call at a time while it is half-open", () => {
    const { circuit, permission, fail, pass, said } = start();
    fail(5);
    pass(250);
    const trial = permission();
    expect([circuit.tryAcquire(), circuit.tryAcquire()]).toEqual([250, 250]);
    trial("success");
    expect([typeof circuit.tryAcquire(), typeof circuit.tryAcquire()]).toEqual([
      "function",
      "function",
    ]);
    expect(said()).toEqual([OPENS, CLOSES]);
  });

  it("stays open for longer with each failed trial, up to a second", () => {
    const { circuit, permission, fail, pass, said } = start();
    fail(5);
    for (const mostMs of [250, 500, 1000, 1000, 1000]) {
      const waitMs = circuit.tryAcquire();
      expect(waitMs).toBeGreaterThanOrEqual(mostMs / 2);
      expect(waitMs).toBeLessThanOrEqual(mostMs);
      pass(mostMs);
      permission()("failure");
    }
    expect(said()).toEqual([OPENS]);
  });

  it("tells callers not to wait once it has been open for longer than a restart takes", () => {
    const { circuit, permission, fail, pass, said } = start();
    fail(5);
    pass(4999);
    permission()("failure");
    expect(circuit.tryAcquire()).toBeLessThanOrEqual(500);
    pass(1);
    expect(circuit.tryAcquire()).toBe(Infinity);
    // Trials go on, at most one a second.
    pass(1000);
    const trial = permission();
    expect(circuit.tryAcquire()).toBe(Infinity);
    trial("failure");
    expect(circuit.tryAcquire()).toBe(Infinity);
    pass(1000);
    permission()("success");
    fail(5);
    expect(circuit.tryAcquire()).toBeLessThanOrEqual(250);
    expect(said()).toEqual([OPENS, CLOSES, OPENS]);
  });

  it("counts failures from zero once it has closed", () => {
    const { circuit, permission, fail, pass } = start();
    fail(5);
    pass(250);
    permission()("failure");
    pass(500);
    permission()("success");
    fail(4);
    expect(typeof circuit.tryAcquire()).toBe("function");
    fail(1);
    expect(circuit.tryAcquire()).toBeLessThanOrEqual(250);
  });

  it("ignores calls that began before it opened", () => {
    const { circuit, permission, fail, pass, said } = start();
    const [late, well] = [permission(), permission()];
    fail(5);
    pass(250);
    const trial = permission();
    late("failure");
    well("success");
    expect(circuit.tryAcquire()).toBe(250);
    trial("failure");
    expect(circuit.tryAcquire()).toBeLessThanOrEqual(500);
    expect(said()).toEqual([OPENS]);
  });

  it("ignores calls that had too little time", () => {
    const { circuit, permission, fail, pass, said } = start();
    for (let call = 0; call < 10; call++) permission()("unknown");
    expect(said()).toEqual([]);
    fail(5);
    pass(250);
    permission()("unknown");
    expect(typeof circuit.tryAcquire()).toBe("function");
    expect(said()).toEqual([OPENS]);
  });

  it("opens for a random time", () => {
    const waits = Array.from({ length: 20 }, () => {
      const { circuit, fail } = start();
      fail(5);
      return circuit.tryAcquire();
    });
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});
