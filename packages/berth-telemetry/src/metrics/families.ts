// Metrics of prom-client with a bound: as many label sets as a server can keep, whatever the labels are made of.
import { type Aggregator, Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Logger } from "pino";

/** What a metric is, before there is a registry. */
export interface Definition<Label extends string = string> {
  kind: "counter" | "gauge" | "histogram";
  /** As in Prometheus: with its unit, and `_total` for a counter. */
  name: string;
  help: string;
  labels: readonly Label[];
  /** Upper bounds of a histogram's buckets. */
  buckets?: readonly number[] | undefined;
  /** How the values of several workers become one; their sum by default. */
  aggregator?: Aggregator;
}

/** The values of a metric's labels. */
export type LabelValues<Label extends string = string> = Readonly<
  Record<Label, string | number | boolean>
>;

/** A metric that is collected. */
export interface Family {
  /** Adds to a counter or gauge. */
  add(labels: LabelValues, by: number): void;
  /** Sets a gauge. */
  set(labels: LabelValues, value: number): void;
  /** Observes a value of a histogram. */
  observe(labels: LabelValues, value: number): void;
}

/** The most label sets of a metric; OpenTelemetry's SDKs have the same. */
export const MAX_LABEL_SETS = 2000;
/** The longest label value, in characters. */
const MAX_VALUE = 128;
/** The value of all labels of what is beyond the bound. */
const OVERFLOW = "_OTHER";

/** Seconds: OpenTelemetry's buckets for HTTP. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Adds a metric to a registry. @throws Error when the registry has one of this name. */
export function createFamily(
  registry: Registry,
  definition: Definition,
  logger: Pick<Logger, "warn">,
): Family {
  const bounded = createBound(definition, logger);
  const { kind, name, help, aggregator = "sum" } = definition;
  const labelNames = [...definition.labels];
  const options = { name, help, labelNames, registers: [registry], aggregator };
  const unfit = (): never => {
    throw new TypeError(`${name} is a ${kind}`);
  };
  if (kind === "counter") {
    const counter = new Counter(options);
    return { add: (labels, by) => counter.inc(bounded(labels), by), set: unfit, observe: unfit };
  }
  if (kind === "gauge") {
    const gauge = new Gauge(options);
    return {
      add: (labels, by) => gauge.inc(bounded(labels), by),
      set: (labels, value) => gauge.set(bounded(labels), value),
      observe: unfit,
    };
  }
  const histogram = new Histogram({ ...options, buckets: [...(definition.buckets ?? SECONDS)] });
  return {
    add: unfit,
    set: unfit,
    observe: (labels, value) => histogram.observe(bounded(labels), value),
  };
}

type Texts = Record<string, string>;

/** Makes label values short texts, and the sets beyond the bound one. */
function createBound({ name, labels }: Definition, logger: Pick<Logger, "warn">) {
  const known = new Map<string, Texts>();
  const overflow: Texts = Object.fromEntries(labels.map((label) => [label, OVERFLOW]));
  let isWarned = false;
  return (given: LabelValues): Texts => {
    const values = labels.map((label) => toText(given[label]));
    const key = values.join("\0");
    const found = known.get(key);
    if (found) return found;
    if (known.size >= MAX_LABEL_SETS) {
      if (!isWarned) logger.warn({ metric: name }, TOO_MANY);
      isWarned = true;
      return overflow;
    }
    const texts = Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""]));
    known.set(key, texts);
    return texts;
  };
}

const TOO_MANY = `a metric has ${MAX_LABEL_SETS} label sets, and gets no more: further ones count as ${OVERFLOW}; labels are for what has few values, not for ids`;

function toText(value: string | number | boolean | undefined): string {
  const text = typeof value === "string" ? value : String(value ?? "");
  // A copy: the string may be a slice, which would keep the whole request in memory.
  return text.length <= MAX_VALUE ? text : Buffer.from(text.slice(0, MAX_VALUE)).toString();
}
