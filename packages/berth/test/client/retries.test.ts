import { createRetryBudget, type RetryBudget } from "../../src/client/retries";

describe("a retry budget", () => {
  /** Spends the whole budget, and returns its size. */
  const drain = (budget: RetryBudget): number => {
    let spent = 0;
    while (spent < 1000 && budget.spend()) spent++;
    return spent;
  };

  it("starts with a hundred retries, and earns one for five calls", () => {
    const budget = createRetryBudget();
    expect(drain(budget)).toBe(100);
    for (let call = 0; call < 51; call++) budget.earn();
    expect(drain(budget)).toBe(10);
  });

  it("holds a hundred retries at most", () => {
    const budget = createRetryBudget();
    for (let call = 0; call < 1000; call++) budget.earn();
    expect(drain(budget)).toBe(100);
  });
});
