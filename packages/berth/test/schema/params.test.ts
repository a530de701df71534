import request from "supertest";
import { id, object } from "../../src/schema/fields";
import { parseParams } from "../../src/schema/validate";
import { createTestApp, problem } from "../../src/testing/app";

describe("parseParams", () => {
  const { app } = createTestApp((router) => {
    router.get("/orders/:id", (req, res) => void res.json(parseParams(object({ id }), req)));
  });

  it("returns the schema's output", async () => {
    expect((await request(app).get("/orders/7")).body).toEqual({ id: "7" });
  });

  it.each(["abc", "0", "9223372036854775808", "%00"])("responds 404 for %s", async (text) => {
    const res = await request(app).get(`/orders/${text}`);
    expect([res.status, JSON.parse(res.text)]).toEqual([
      404,
      problem(404, "Not Found", { detail: "There is nothing at this path." }),
    ]);
  });
});
