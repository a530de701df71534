// The clauses for services that do not speak HTTP, on a minimal Redis server.
import { join } from "node:path";
import { failures, resultsOn } from "../support";

const redis = join(__dirname, "../servers/redis.js");

describe("a server that speaks another protocol", () => {
  it("passes N1 and the clauses that are not about HTTP; the others are skipped", async () => {
    const options = ["--probe", "redis", "--grace", "4", "--boot", "60"];
    const results = await resultsOn(`exec '${process.execPath}' '${redis}'`, { options });
    const ids = (status: string) =>
      results.filter(({ outcome }) => outcome.status === status).map(({ clause }) => clause.id);
    const aboutHttp = results.filter(({ clause }) => clause.protocol === "http");

    // The server does not validate PORT, and has no drain delay and no shared port.
    const seen = expect.any(String) as string;
    expect(failures(results)).toEqual({ B4: seen, D10: seen, S2: seen });
    expect(ids("pass")).toEqual(
      expect.arrayContaining(["N1", "B1", "B7", "D1", "D6", "D7", "D11"]),
    );
    expect(ids("skip")).toEqual(expect.arrayContaining(aboutHttp.map(({ clause }) => clause.id)));
  });
});
