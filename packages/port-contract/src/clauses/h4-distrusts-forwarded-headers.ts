// H4: ignores X-Forwarded-* from unknown clients, since anybody can send it.
import { type Clause, fail, pass } from "../clause";
import { NotUp, type Service } from "../startup";
import { responseLimitMs, type Context } from "../context";
import { send } from "../harness/http";

// Addresses and names reserved for documentation (RFC 5737, RFC 2606), so no other output contains them.
const forged = { client: "203.0.113.66", proxy: "198.51.100.7", host: "forged.example" };
const forgedHeaders = {
  "X-Forwarded-For": `${forged.client}, ${forged.proxy}`,
  "X-Forwarded-Host": forged.host,
  "X-Forwarded-Proto": "https",
};
const affectedHeaders = ["location", "set-cookie", "strict-transport-security", "vary"];

function get({ settings }: Context, service: Service, headers = {}) {
  return send(service, { path: settings.path, headers }, responseLimitMs);
}

/** A log line may quote the header by name; a forged value anywhere else was trusted. */
function isTrustedInLog(text: string, value: string): boolean {
  return text.split("\n").some((line) => {
    const at = line.indexOf(value);
    return at >= 0 && !/forwarded/i.test(line.slice(Math.max(0, at - 60), at));
  });
}

/** Where a forged header has an effect; `undefined` when it has none. */
async function effectOfForgery(context: Context, service: Service): Promise<string | undefined> {
  const plain = await get(context, service);
  const response = await get(context, service, forgedHeaders);
  for (const value of [forged.client, forged.host])
    if (response.body.includes(value)) return `${value} is in the body`;
  if (
    plain.body !== response.body &&
    response.body.includes("https") &&
    !plain.body.includes("https")
  )
    return "the body says https";
  if (plain.status !== response.status) return `${plain.status} becomes ${response.status}`;
  const changed = affectedHeaders.find((name) => plain.headers[name] !== response.headers[name]);
  if (changed) return `the header ${changed} becomes ${response.headers[changed] ?? "absent"}`;
  const logged = await service.output.shows((text) => isTrustedInLog(text, forged.client), 300);
  return logged ? `the log says ${forged.client}` : undefined;
}

/** The value `true` would trust every client, so the program must refuse it at the start, or it must have no effect. */
async function effectWithTrust(context: Context): Promise<string | undefined> {
  const env = { [context.settings.trustProxyEnv]: "true" };
  try {
    return await effectOfForgery(context, await context.start({ env }));
  } catch (error) {
    if (error instanceof NotUp) return undefined;
    throw error;
  }
}

export const clause: Clause = {
  id: "H4",
  level: "MUST",
  title: "trusts X-Forwarded-* only from configured proxies",
  demandedBy: "Express's own default; RFC 7239, section 8.1",
  breaksOn: "every rate limiter, log and redirect that trusts a client-supplied address or host",
  fix: "trust a configured hop count or list of networks, never simply `true`",
  procedure:
    "Send forged headers: neither the response nor the client address in the log changes. The same with " +
    "TRUST_PROXY=true, unless the program refuses to start with it.",
  protocol: "http",
  async check(context) {
    const service = await context.start();
    const effect = await effectOfForgery(context, service);
    if (effect) return fail(`without any configuration: ${effect}`);
    const withTrust = await effectWithTrust(context);
    if (withTrust) return fail(`with ${context.settings.trustProxyEnv}=true: ${withTrust}`);
    return pass("forged headers change nothing");
  },
};
