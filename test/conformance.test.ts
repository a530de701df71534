// Your routes behave as they are described; `npm run fuzz` tries more, and something new each time.
import { trustIssuer, findingsOf, fuzz, tokenFrom } from "berth-dev/fuzz";
import { atEnd, startCommand, startMigratedPostgres } from "berth/testing";
import { startService } from "./support/service";

/** The same inputs each time. */
const ran = { seed: 1, runs: 30, timeoutMs: 30_000 };

// begin: tokens
async function startIssuer(): Promise<string> {
  const command = [process.execPath, require.resolve("berth-dev/cli"), "issuer"];
  const issuer = startCommand(command, { PORT: "0" });
  atEnd(() => issuer.stop());
  return /http:\S+:\d+/.exec(await issuer.line(/ready on/))?.[0] ?? "";
}

// end: tokens
describe("the described routes", () => {
  it("respond as described, whatever is sent", async () => {
    const postgres = await startMigratedPostgres();
    const issuerUrl = await startIssuer(); // part: tokens
    const { url } = await startService({
      DATABASE_URL: postgres.url,
      ...trustIssuer(issuerUrl), // part: tokens
    });
    // Without a document there is nothing to compare with.
    if ((await fetch(`${url}/openapi.json`)).status === 404) return;
    const tried = await fuzz({
      ...ran,
      url,
      token: (scopes) => tokenFrom(issuerUrl, scopes), // part: tokens
    });
    expect(findingsOf(tried, { ...ran, url }).join("\n\n")).toBe("");
    // Longer than the limit for routes that never respond, so that these become findings.
  }, 600_000);
});
