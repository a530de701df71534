// Metrics with a limit on label sets, so that label values made from input cannot fill the memory.
import type { Aggregator, Metric, Registry } from "prom-client";
import type { Logger } from "pino";

/** The definition of a metric; independent of a registry. */
export interface Definition<Label extends string = string> {
  kind: "counter" | "gauge" | "histogram";
  /** As Prometheus recommends: with the unit, and `_total` for a counter. */
  name: string;
  help: string;
  labels: readonly Label[];
  /** Upper bounds of a histogram's buckets. */
  buckets?: readonly number[] | undefined;
  /** How the values of several workers are merged; by default they are summed. */
  aggregator?: Aggregator;
}

/** The values of a metric's labels. */
export type LabelValues<Label extends string = string> = Readonly<
  Record<Label, string | number | boolean>
>;

/** A metric in a registry. */
export interface Family {
  /** Adds to a counter or gauge. */
  add(labels: LabelValues, by: number): void;
  /** Sets a gauge. */
  set(labels: LabelValues, value: number): void;
  /** Adds a value to a histogram. */
  observe(labels: LabelValues, value: number): void;
}

/** The maximum number of label sets of a metric: the default of OpenTelemetry's SDKs. */
export const MAX_LABEL_SETS = 2000;
/** The maximum length of a label value, in characters; longer ones are cut. */
const MAX_VALUE = 128;
/** The value of every label, for label sets beyond the limit. */
const OVERFLOW = "_OTHER";

/** OpenTelemetry's buckets for HTTP, in seconds. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Adds a metric to a registry. It counts by itself, and prom-client only writes the values: for each observation prom-client
 * checks, sorts and joins all labels, which costs a tenth of a small request.
 * @throws Error when the registry has a metric of this name.
 */
export function createFamily(
  registry: Registry,
  definition: Definition,
  logger: Pick<Logger, "warn">,
): Family {
  const { kind, name, help, labels, aggregator = "sum" } = definition;
  const bounds = kind === "histogram" ? (definition.buckets ?? SECONDS) : [];
  const { cellOf, all } = createCells(definition, bounds.length, logger);
  const valuesOf = (cell: Cell): Sample[] =>
    kind === "histogram"
      ? distribution(name, bounds, cell)
      : [{ labels: cell.labels, value: cell.sum }];
  const get = () => ({ name, help, type: kind, aggregator, values: all().flatMap(valuesOf) });
  registry.registerMetric({ name, get } as unknown as Metric);
  // A metric without labels is exported before its first observation.
  if (labels.length === 0) cellOf({});

  const unfit = (): never => {
    throw new TypeError(`${name} is a ${kind}`);
  };
  return {
    add: kind === "histogram" ? unfit : (values, by) => void (cellOf(values).sum += by),
    set: kind === "gauge" ? (values, value) => void (cellOf(values).sum = value) : unfit,
    observe:
      kind === "histogram" ? (values, value) => observe(bounds, cellOf(values), value) : unfit,
  };
}

/** The values of a label set. */
interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  /** The value of a counter or gauge, the sum of a histogram. */
  sum: number;
  count: number;
  /** How many values fell into each bucket of a histogram; values above the last bound are only in `count`. */
  readonly buckets: number[];
}

function observe(bounds: readonly number[], cell: Cell, value: number): void {
  cell.sum += value;
  cell.count++;
  let index = 0;
  while (index < bounds.length && value > (bounds[index] as number)) index++;
  if (index < bounds.length) (cell.buckets[index] as number)++;
}

/** A line of the exported text. */
interface Sample {
  labels: Readonly<Record<string, string | number>>;
  value: number;
  metricName?: string;
}

/** A histogram in Prometheus' form: each bucket includes all lower ones. */
function distribution(name: string, bounds: readonly number[], cell: Cell): Sample[] {
  const { labels, sum, count } = cell;
  let below = 0;
  const upTo = (le: number | string, value: number): Sample => ({
    labels: { le, ...labels },
    value,
    metricName: `${name}_bucket`,
  });
  return [
    ...bounds.map((bound, index) => upTo(bound, (below += cell.buckets[index] ?? 0))),
    upTo("+Inf", count),
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}

/** Finds cells by label values, which become short texts; label sets beyond the limit share one cell. */
function createCells(
  { name, labels }: Definition,
  bucketCount: number,
  logger: Pick<Logger, "warn">,
) {
  const cells = new Map<string, Cell>();
  const overflow = Object.fromEntries(labels.map((label) => [label, OVERFLOW]));
  let isWarned = false;
  const keyOf = (given: LabelValues): string => {
    let key = "";
    for (const label of labels) key += toText(given[label]) + SEPARATOR;
    return key;
  };
  /** For a label set that is new, or whose values have to be cut or replaced. */
  const findOrCreate = (given: LabelValues): Cell => {
    const texts = Object.fromEntries(labels.map((label) => [label, toValue(given[label])]));
    const key = keyOf(texts);
    const found = cells.get(key);
    if (found) return found;
    const isOther = key === keyOf(overflow);
    if (cells.size >= MAX_LABEL_SETS && !isOther) {
      if (!isWarned) logger.warn({ metric: name }, TOO_MANY);
      isWarned = true;
      return findOrCreate(overflow);
    }
    const buckets = Array.from({ length: bucketCount }, () => 0);
    const cell = { labels: texts, sum: 0, count: 0, buckets };
    cells.set(key, cell);
    return cell;
  };
  return {
    cellOf: (given: LabelValues): Cell => cells.get(keyOf(given)) ?? findOrCreate(given),
    all: () => [...cells.values()],
  };
}

/** Never part of a cell's values, so a given value that contains it never matches a key by accident. */
const SEPARATOR = "\0";

const TOO_MANY = `a metric has reached the limit of ${MAX_LABEL_SETS} label sets: further ones count as ${OVERFLOW}; use labels only for values of which there are few, not for ids`;

function toText(value: string | number | boolean | undefined): string {
  const text = typeof value === "string" ? value : String(value ?? "");
  return text.length > MAX_VALUE ? text.slice(0, MAX_VALUE) : text;
}

/** Replaces what Prometheus cannot receive: the separator, and lone surrogates, which UTF-8 would all encode alike. */
function toValue(value: string | number | boolean | undefined): string {
  const text = toText(value).toWellFormed().replaceAll(SEPARATOR, "\ufffd");
  // A copy: the text may be a slice, and V8 would keep the whole original in memory.
  return Buffer.from(text).toString();
}
