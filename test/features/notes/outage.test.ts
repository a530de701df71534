import { startService } from "../../support/service";

describe("the notes without their database", () => {
  it("respond 503, with Retry-After", async () => {
    const server = await startService();
    const res = await fetch(`${server.url}/notes`);
    expect([res.status, res.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await res.json()).toEqual({
      type: "about:blank",
      title: "Service Unavailable",
      status: 503,
      detail: "The database is not available at the moment.",
      requestId: expect.any(String) as string,
    });
  });
});
