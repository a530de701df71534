// The clauses for services that do not speak HTTP, on a server of ten lines that speaks a little Redis.
import { join } from "node:path";
import { failures, verdictsOn } from "./support";

const redis = join(__dirname, "servers/redis.js");

describe("a server that speaks another protocol", () => {
  it("keeps N1 and all that is not about HTTP, and is asked nothing else", async () => {
    const options = ["--probe", "redis", "--grace", "4", "--boot", "60"];
    const verdicts = await verdictsOn(`exec '${process.execPath}' '${redis}'`, { options });
    const ids = (status: string) =>
      verdicts.filter(({ outcome }) => outcome.status === status).map(({ clause }) => clause.id);
    const aboutHttp = verdicts.filter(({ clause }) => clause.protocol === "http");

    // It is no more than ten lines: no check of PORT, no drain delay, no shared port.
    const seen = expect.any(String) as string;
    expect(failures(verdicts)).toEqual({ B4: seen, D10: seen, S2: seen });
    expect(ids("pass")).toEqual(
      expect.arrayContaining(["N1", "B1", "B7", "D1", "D6", "D7", "D11"]),
    );
    expect(ids("skip")).toEqual(expect.arrayContaining(aboutHttp.map(({ clause }) => clause.id)));
  });
});
