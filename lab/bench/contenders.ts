// The contenders.
import { basename, join, resolve } from "node:path";
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

/** OpenTelemetry's variables for one trace in a hundred. */
const SAMPLED = {
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: "0.01",
};

/** Every contender by name. `traces` also needs a collector. */
export const contenders: Readonly<Record<string, Contender>> = {
  bare: { name: "bare", title: "bare node:http", script: scriptOf("bare-http"), env: {} },
  fastify: { name: "fastify", title: "Fastify", script: scriptOf("fastify"), env: {} },
  express: { name: "express", title: "stock Express", script: scriptOf("express"), env: {} },
  berth: { name: "berth", title: "Berth", script: scriptOf("berth"), env: BERTH_ENV },
  metrics: {
    name: "metrics",
    title: "Berth with metrics",
    script: scriptOf("berth"),
    env: { ...BERTH_ENV, METRICS_TOKEN: "benchmark" },
  },
  traces: {
    name: "traces",
    title: "Berth with 1 % of traces",
    script: scriptOf("berth"),
    env: { ...BERTH_ENV, ...SAMPLED },
  },
};

/** Measured unless `--contenders` says otherwise. */
export const DEFAULT_CONTENDERS = ["bare", "fastify", "express", "berth"];

/** Berth as it is in another checkout, installed and compiled, such as that of an earlier release. */
export const berthOf = (checkout: string): Contender => ({
  name: `berth-of-${basename(checkout)}`,
  title: `Berth of ${basename(checkout)}`,
  script: resolve(checkout, "lab/bench/contenders/berth.js"),
  env: BERTH_ENV,
});

/** Berth without one of its optimizations, to measure what the optimization saves. */
export const berthWithout = (optimization: string): Contender => ({
  name: `berth-without-${optimization}`,
  title: `Berth - ${optimization}`,
  script: scriptOf("berth"),
  env: { ...BERTH_ENV, BERTH_BENCH_WITHOUT: optimization },
});

/** The contenders whose scripts support a workload, once per variant. */
export function contendersFor(work: Workload, all: readonly Contender[]): Contender[] {
  const able = all.filter(
    ({ script }) => work.contenders?.includes(basename(script, ".js")) ?? true,
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
