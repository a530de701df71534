import request from "supertest";
import { crossOriginProtection } from "../../src/pages/cross-origin";
import { createTestApp, problem } from "../../src/testing/app";

const appWith = (trustedOrigins?: string[], trustProxy = 0) =>
  createTestApp((router) => router.all("/x", (_req, res) => void res.status(204).end()), {
    middleware: [crossOriginProtection(trustedOrigins && { trustedOrigins })],
    trustProxy,
  }).app;
const app = appWith(["https://app.example.org"]);

const HOST = "shop.test:8080";
const OWN = `http://${HOST}`;

type Method = "get" | "head" | "post" | "delete";
const send = (headers: Record<string, string>, method: Method = "post") => {
  const agent = request(app);
  return agent[method]("/x").set({ Host: HOST, ...headers });
};

describe("crossOriginProtection", () => {
  it.each<Record<string, string>>([
    { "Sec-Fetch-Site": "same-origin", Origin: "null" },
    { "Sec-Fetch-Site": "none" },
    { Origin: OWN },
    { Origin: `https://${HOST}` },
    { Host: "SHOP.test:8080", Origin: OWN },
    { Origin: "https://app.example.org" },
    { "Sec-Fetch-Site": "cross-site", Origin: "https://app.example.org" },
    {},
  ])("lets %j pass", async (headers) => {
    expect((await send(headers)).status).toBe(204);
  });

  it.each<Record<string, string>>([
    { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" },
    { "Sec-Fetch-Site": "cross-site", Origin: OWN },
    { "Sec-Fetch-Site": "same-site", Origin: "http://www.shop.test:8080" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "" },
    { "Sec-Fetch-Site": "new-value" },
    { Origin: "https://evil.test" },
    { Origin: "http://shop.test" },
    { Origin: "http://shop.test:8081" },
    { Origin: "http://shop.test:8080.evil.test" },
    { Origin: "null" },
    { Origin: "" },
    { Origin: "shop.test:8080" },
    { Origin: "https://app.example.org.evil.test" },
  ])("refuses %j", async (headers) => {
    const res = await send(headers);
    expect(res.status).toBe(403);
    expect(res.type).toBe("application/problem+json");
    expect(JSON.parse(res.text)).toEqual(
      problem(403, "Forbidden", {
        detail:
          "This was sent from a page of another site. Open this site's own page, and send it from there.",
      }),
    );
  });

  it("lets pass what changes nothing, and refuses other methods than POST", async () => {
    const foreign = { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" };
    expect((await send(foreign, "get")).status).toBe(204);
    expect((await send(foreign, "head")).status).toBe(204);
    expect((await send(foreign, "delete")).status).toBe(403);
  });

  it("compares the host that a trusted proxy has received", async () => {
    const headers = { Host: "10.0.0.7:5000", "X-Forwarded-Host": HOST, Origin: OWN };
    expect((await request(appWith([], 1)).post("/x").set(headers)).status).toBe(204);
    expect((await request(appWith([], 0)).post("/x").set(headers)).status).toBe(403);
  });

  it.each(["app.example.org", "https://app.example.org/", "https://*.example.org/x", "null", ""])(
    "refuses %j as a trusted origin",
    (origin) => {
      expect(() => crossOriginProtection({ trustedOrigins: [origin] })).toThrow(
        `trustedOrigins: ${JSON.stringify(origin)} is not an origin`,
      );
    },
  );
});
