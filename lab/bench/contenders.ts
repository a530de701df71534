// The contenders.
import { join } from "node:path";
import type { Front } from "./front";
import type { Workload } from "./workloads";

/** A server to measure. */
export interface Contender {
  /** Its name in `--contenders`. */
  name: string;
  title: string;
  /** The absolute path of its script. */
  script: string;
  env: Readonly<Record<string, string>>;
  /** The workload's variant, if it has several. */
  variant?: string;
  /** The number of processes to start. Default: 1. */
  instances?: number | undefined;
  /** A router in front of it. */
  front?: Front | undefined;
}

const scriptOf = (name: string): string => join(__dirname, `contenders/${name}.js`);

/** Set here, so that they do not come from a `.env` file. */
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

/** Berth without one of its optimizations, to measure what the optimization saves. */
export const berthWithout = (optimization: string): Contender => ({
  name: `berth-without-${optimization}`,
  title: `Berth - ${optimization}`,
  script: scriptOf("berth"),
  env: { ...BERTH_ENV, BERTH_BENCH_WITHOUT: optimization },
});

/** The contenders that support a workload, once per variant. */
export function contendersFor(work: Workload, all: readonly Contender[]): Contender[] {
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
