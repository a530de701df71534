// The clauses for services that do not speak HTTP, on a server of ten lines that speaks a little Redis.
import { join } from "node:path";
import { verdictsOn } from "./support";

const redis = join(__dirname, "../../support/servers/redis.js");

describe("a server that speaks another protocol", () => {
  it("keeps N1 and all that is not about HTTP, and is asked nothing else", async () => {
    const options = ["--probe", "redis", "--grace", "4", "--boot", "20"];
    const verdicts = await verdictsOn(`exec '${process.execPath}' '${redis}'`, { options });
    const ids = (status: string) =>
      verdicts.filter(({ outcome }) => outcome.status === status).map(({ clause }) => clause.id);
    const aboutHttp = verdicts.filter(({ clause }) => clause.protocol === "http");

    expect(ids("pass")).toEqual(
      expect.arrayContaining(["N1", "B1", "B7", "D1", "D6", "D7", "D11"]),
    );
    expect(ids("skip")).toEqual(expect.arrayContaining(aboutHttp.map(({ clause }) => clause.id)));
    // It is no more than ten lines: no check of PORT, no drain delay, no shared port.
    expect(ids("fail")).toEqual(["B4", "D10", "S2"]);
  });
});
