import { type RouterName, withPorts } from "../routers";

const names: readonly RouterName[] = ["nginx", "haproxy"];

describe.each(names)("the configuration of %s", (name) => {
  const text = withPorts(name, 10_000, [10_001, 10_002, 10_003]);
  const settings = text.replaceAll(/#.*/g, "");

  it("listens and connects only on the given ports", () => {
    const addresses = settings.match(/127\.0\.0\.1:\d+/g);
    expect(addresses?.sort()).toEqual(
      [10_000, 10_001, 10_002, 10_003].map((port) => `127.0.0.1:${port}`),
    );
    expect(settings).not.toMatch(/:80\b|:500\d/);
  });

  it("closes idle connections before the service does", () => {
    // HAProxy's default is 5 s.
    const seconds = Number(/keepalive_timeout (\d+)s/.exec(settings)?.[1] ?? 5);
    expect(seconds * 1000).toBeLessThan(95_000);
  });
});
