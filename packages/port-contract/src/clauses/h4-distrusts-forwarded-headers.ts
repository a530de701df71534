// H4: anybody can send X-Forwarded-*; it means something only from a proxy that is known.
import { type Clause, fail, pass } from "../clause";
import { NotUp, type Service } from "../come-up";
import { answerLimitMs, type Context } from "../context";
import { send } from "../harness/http";

// Addresses and names that are reserved for documentation: nothing else on this machine prints them.
const forged = { client: "203.0.113.66", proxy: "198.51.100.7", host: "forged.example" };
const forgedHeaders = {
  "X-Forwarded-For": `${forged.client}, ${forged.proxy}`,
  "X-Forwarded-Host": forged.host,
  "X-Forwarded-Proto": "https",
};
const telling = ["location", "set-cookie", "strict-transport-security", "vary"];

function get({ settings }: Context, service: Service, headers = {}) {
  return send(service, { path: settings.path, headers }, answerLimitMs);
}

/** A log may quote the header by its name; a forged value anywhere else has been believed. */
function believedInLog(text: string, value: string): boolean {
  return text.split("\n").some((line) => {
    const at = line.indexOf(value);
    return at >= 0 && !/forwarded/i.test(line.slice(Math.max(0, at - 60), at));
  });
}

/** Where a forged header shows; `undefined` when it changes nothing. */
async function belief(context: Context, service: Service): Promise<string | undefined> {
  const plain = await get(context, service);
  const answer = await get(context, service, forgedHeaders);
  for (const value of [forged.client, forged.host])
    if (answer.body.includes(value)) return `${value} is in the body`;
  if (plain.body !== answer.body && answer.body.includes("https") && !plain.body.includes("https"))
    return "the body says https";
  if (plain.status !== answer.status) return `${plain.status} becomes ${answer.status}`;
  const changed = telling.find((name) => plain.headers[name] !== answer.headers[name]);
  if (changed) return `the header ${changed} becomes ${answer.headers[changed] ?? "absent"}`;
  const logged = await service.output.shows((text) => believedInLog(text, forged.client), 300);
  return logged ? `the log says ${forged.client}` : undefined;
}

/** `true` would believe everybody, so it is either refused at the start or changes nothing. */
async function beliefWhenTold(context: Context): Promise<string | undefined> {
  const env = { [context.settings.trustProxyEnv]: "true" };
  try {
    return await belief(context, await context.start({ env }));
  } catch (error) {
    if (error instanceof NotUp) return undefined;
    throw error;
  }
}

export const clause: Clause = {
  id: "H4",
  level: "MUST",
  title: "trusts X-Forwarded-* only from proxies it has been told of",
  demandedBy: "Express's own default; RFC 7239, section 8.1",
  breaksOn: "every limiter, log and redirect that believes a client about who it is",
  mend: "trust a hop count or a list of networks from the configuration, never simply `true`",
  procedure:
    "Forged headers change neither the answer nor the client in the log; nor do they with TRUST_PROXY=true, unless " +
    "the program refuses to start with that.",
  protocol: "http",
  async check(context) {
    const service = await context.start();
    const believed = await belief(context, service);
    if (believed) return fail(`without any configuration: ${believed}`);
    const whenTold = await beliefWhenTold(context);
    if (whenTold) return fail(`with ${context.settings.trustProxyEnv}=true: ${whenTold}`);
    return pass("forged headers change nothing");
  },
};
