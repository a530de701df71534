// What is counted of a load, by its requests and the notes in the database.
import type { Sent } from "../../drain/load/requests";
import { failed } from "../../drain/load/tally";
import { outcome } from "../load";

const post = (id: string, more: Partial<Sent> = {}): Sent => ({
  ...{ id, method: "POST", sentAtMs: 0 },
  ...more,
});

describe("outcome()", () => {
  it("counts notes that got a response but are not in the database, and those that are there twice", () => {
    const sent = [post("1"), post("2"), post("3"), post("4", { failure: "502" })];
    const { posts, postsLost, postsTwice } = outcome(sent, ["1", "2", "2", "another load's"]);
    expect({ all: posts.all, failed: failed(posts), postsLost, postsTwice }).toEqual({
      all: 4,
      failed: 1,
      postsLost: 1,
      postsTwice: 1,
    });
  });

  it("measures from the first failure to the last one", () => {
    const failure = "503";
    const sent = [post("1"), post("2", { failure, sentAtMs: 300 }), post("3", { sentAtMs: 500 })];
    expect(outcome(sent, ["1", "3"]).failingMs).toBe(0);
    expect(outcome([...sent, post("4", { failure, sentAtMs: 800 })], ["1", "3"]).failingMs).toBe(
      500,
    );
  });
});
