// The service's own metrics. Without a registry they do nothing, so features need not know whether metrics are enabled.
import type { Definition, Family, LabelValues } from "./families";

/** Counts. */
export interface OwnCounter<Label extends string> {
  /** @param by 0 or more; 1 by default. */
  add(labels?: LabelValues<Label>, by?: number): void;
}

/** A value that rises and falls. */
export interface OwnGauge<Label extends string> {
  set(value: number, labels?: LabelValues<Label>): void;
}

/** A distribution. */
export interface OwnHistogram<Label extends string> {
  observe(value: number, labels?: LabelValues<Label>): void;
}

/** Adds a metric to the registry. */
type Collect = (definition: Definition) => Family;

const definitions = new Map<string, Definition>();
const families = new Map<string, Family>();
let collect: Collect | undefined;

/** Collects the service's own metrics from now on, including those defined later. @returns A function that stops it. */
export function collectOwnMetrics(given: Collect): () => void {
  collect = given;
  for (const [name, definition] of definitions) families.set(name, given(definition));
  return () => {
    collect = undefined;
    families.clear();
  };
}

/**
 * Defines a counter. Call it once, at the top of a file.
 * @param name Such as `orders_placed_total`.
 * @param help What it counts.
 * @param labels Names of labels. Use them only for values of which there are few: the limit is 2000 label sets.
 * @throws TypeError when the name is not valid in Prometheus, or already taken.
 */
export function counter<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): OwnCounter<Label> {
  define({ kind: "counter", name, help, labels }, /_total$/, "ends in _total");
  return {
    add(values, by = 1) {
      if (by >= 0 && Number.isFinite(by)) families.get(name)?.add(values ?? {}, by);
    },
  };
}

/** Defines a gauge, such as `orders_open`; the values of several workers are summed. @see counter */
export function gauge<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): OwnGauge<Label> {
  define({ kind: "gauge", name, help, labels }, /(?<!_total)$/, "does not end in _total");
  return {
    set(value, values) {
      if (Number.isFinite(value)) families.get(name)?.set(values ?? {}, value);
    },
  };
}

/**
 * Defines a histogram, such as `order_size_bytes`.
 * @param buckets Upper bounds in the metric's unit; by default 0.005 to 10, for seconds.
 * @see counter
 */
export function histogram<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
  buckets?: readonly number[],
): OwnHistogram<Label> {
  define(
    { kind: "histogram", name, help, labels, buckets },
    /(?<!_(total|count|sum|bucket))$/,
    "does not end in _total, _count, _sum or _bucket",
  );
  return {
    observe(value, values) {
      if (Number.isFinite(value)) families.get(name)?.observe(values ?? {}, value);
    },
  };
}

const NAME = /^[a-z][a-z0-9_]*$/;

function define(definition: Definition, ending: RegExp, whichEnding: string): void {
  const { kind, name, labels } = definition;
  if (!NAME.test(name) || !ending.test(name)) {
    throw new TypeError(
      `${JSON.stringify(name)} is not a valid name of a ${kind}: use lower-case letters, digits and _, and a name that ${whichEnding}`,
    );
  }
  const wrong = labels.find((label) => !NAME.test(label) || label === "le");
  if (wrong !== undefined) {
    throw new TypeError(
      `${JSON.stringify(wrong)} is not a valid name of a label: use lower-case letters, digits and _, but not le`,
    );
  }
  if (definitions.has(name)) throw new TypeError(`The metric ${name} is already defined`);
  definitions.set(name, definition);
  if (collect) families.set(name, collect(definition));
}
