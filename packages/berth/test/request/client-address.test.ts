import { once } from "node:events";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { createExpress } from "../../src/express/app";
import { clientAddress } from "../../src/request/client-address";
import { createTestLogger } from "../../src/testing/app";

/** The client's address for this X-Forwarded-For, behind these proxies. */
async function clientOf(forwardedFor: string, trustProxy: number | string[]): Promise<string> {
  const { logger } = createTestLogger();
  const app = createExpress({ trustProxy, bodyLimitBytes: 100, logger });
  app.get("/", (req, res) => void res.send(clientAddress(req)));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { text } = await request(`http://127.0.0.1:${port}`)
    .get("/")
    .set("X-Forwarded-For", forwardedFor);
  server.close();
  return text;
}

const LOOPBACK = "127.0.0.1";

describe("clientAddress", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    // Azure's Application Gateway and IIS append ports.
    ["203.0.113.7:50211", "203.0.113.7"],
    ["[2001:db8::7]:443", "2001:db8::7"],
    ["[2001:db8::7]", "2001:db8::7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["[::ffff:203.0.113.7]:443", "203.0.113.7"],
    ["192.0.2.1, 203.0.113.7:50211", "203.0.113.7"],
  ])("finds the address in %s", async (forwardedFor, client) => {
    expect(await clientOf(forwardedFor, 1)).toBe(client);
    expect(await clientOf(forwardedFor, [LOOPBACK])).toBe(client);
  });

  it.each(["unknown", "203.0.113.7:", "203.0.113.7:http", "203.0.113:80", "[203.0.113.7]:80"])(
    "ignores %s, which is not an address",
    async (forwardedFor) => {
      expect(await clientOf(forwardedFor, 1)).toBe(LOOPBACK);
    },
  );

  it("recognizes a trusted proxy by its address, whatever its port", async () => {
    const proxies = [LOOPBACK, "10.0.0.0/8", "2001:db8:ff::/48"];
    expect(await clientOf("203.0.113.7:50211, 10.1.2.3:33000", proxies)).toBe("203.0.113.7");
    expect(await clientOf("203.0.113.7, [2001:db8:ff::1]:33000", proxies)).toBe("203.0.113.7");
    expect(await clientOf("10.9.9.9:1, 203.0.113.7:50211", proxies)).toBe("203.0.113.7");
  });
});
