import { createRetryBudget, type RetryBudget } from "../../src/client/retry-budget";

describe("a retry budget", () => {
  /** Takes all that is left, and returns how much that was. */
  const drain = (budget: RetryBudget): number => {
    let spent = 0;
    while (spent < 1000 && budget.spend()) spent++;
    return spent;
  };

  it("has a hundred repetitions in reserve, and one more for five calls", () => {
    const budget = createRetryBudget();
    expect(drain(budget)).toBe(100);
    for (let call = 0; call < 51; call++) budget.earn();
    expect(drain(budget)).toBe(10);
  });

  it("saves no more than that", () => {
    const budget = createRetryBudget();
    for (let call = 0; call < 1000; call++) budget.earn();
    expect(drain(budget)).toBe(100);
  });
});
