// Who takes part.
import { join } from "node:path";
import type { Front } from "./front";
import type { Work } from "./works";

/** A server to be measured. */
export interface Contender {
  /** As `--contenders` takes it. */
  name: string;
  title: string;
  /** The script that serves, an absolute path. */
  script: string;
  env: Readonly<Record<string, string>>;
  /** Which variant of a work this is, where a work has several. */
  variant?: string;
  /** As how many processes it is started; one by default. */
  instances?: number | undefined;
  /** A router between the load and it. */
  front?: Front | undefined;
}

const scriptOf = (name: string): string => join(__dirname, `contenders/${name}.js`);

/** Settings that must not come from a `.env` file. */
const BERTH_ENV = {
  HOST: "127.0.0.1",
  LOG_LEVEL: "info",
  BODY_LIMIT_BYTES: "102400",
  TRUST_PROXY: "0",
};

/** Every contender by name. */
export const contenders: Readonly<Record<string, Contender>> = {
  bare: { name: "bare", title: "bare node:http", script: scriptOf("bare-http"), env: {} },
  fastify: { name: "fastify", title: "Fastify", script: scriptOf("fastify"), env: {} },
  express: { name: "express", title: "stock Express", script: scriptOf("express"), env: {} },
  berth: { name: "berth", title: "Berth", script: scriptOf("berth"), env: BERTH_ENV },
};

/** Berth without one of the tricks that make it fast, to see what the trick buys. */
export const berthWithout = (trick: string): Contender => ({
  name: `berth-without-${trick}`,
  title: `Berth - ${trick}`,
  script: scriptOf("berth"),
  env: { ...BERTH_ENV, BERTH_BENCH_WITHOUT: trick },
});

/** Those who can do the work, once for each of its variants. */
export function contendersFor(work: Work, all: readonly Contender[]): Contender[] {
  const able = all.filter(
    ({ script }) => work.contenders?.some((name) => contenders[name]?.script === script) ?? true,
  );
  const { variants } = work;
  if (!variants) return able;
  return able.flatMap((contender) =>
    variants.map(({ label, env, ...setUp }) => ({
      ...contender,
      ...setUp,
      title: `${contender.title}, ${label}`,
      variant: label,
      env: { ...contender.env, ...env },
    })),
  );
}
