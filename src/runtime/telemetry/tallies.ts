import type { Metric } from "prom-client";

/** A number that only grows; bound to its labels once. */
export interface Count {
  add(by: number): void;
}

/** A distribution over fixed buckets. */
export interface Spread {
  observe(value: number): void;
}

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly metricName?: string;
}

class PlainCount implements Count {
  value = 0;
  readonly labels: Labels;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  add(by: number): void {
    this.value += by;
  }
}

class PlainSpread implements Spread {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** By bucket, not cumulative; the last one holds what lies beyond all bounds. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels;
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.sum += value;
  }

  samples(name: string): Sample[] {
    const samples: Sample[] = [];
    let total = 0;
    for (const [bucket, count] of this.counts.entries()) {
      total += count;
      const labels = { le: this.bounds[bucket] ?? "+Inf", ...this.labels };
      samples.push({ labels, value: total, metricName: `${name}_bucket` });
    }
    samples.push({ labels: { ...this.labels }, value: this.sum, metricName: `${name}_sum` });
    samples.push({ labels: { ...this.labels }, value: total, metricName: `${name}_count` });
    return samples;
  }
}

/** Labels whose values are names that users write: there can be more of them over time than anybody wants to scrape. */
const named: ReadonlySet<string> = new Set([
  ...["policy", "rule", "target", "fact"],
  ...["candidate", "from", "to"],
]);

/** What stands in place of the names beyond a family's bound. */
export const otherName = "other";

/** Put together by hand: a request counts some three times, and joining a list takes longer than all else of that. */
function keyOf(values: readonly string[]): string {
  let key = values[0] ?? "";
  for (let at = 1; at < values.length; at += 1) key += `\n${values[at]}`;
  return key;
}

/** One metric with its children by label values. */
abstract class Family<Child extends { readonly labels: Labels }> {
  readonly #name: string;
  readonly #help: string;
  readonly #labelNames: readonly string[];
  readonly #most: number;
  readonly #children = new Map<string, Child>();

  /** Beyond `most` children, those with new names are counted together as `other`. */
  constructor(name: string, help: string, labelNames: readonly string[], most: number) {
    this.#name = name;
    this.#help = help;
    this.#labelNames = labelNames;
    this.#most = most;
  }

  /** The child of these label values, in the order of the names; the same one every time. */
  of(...values: string[]): Child {
    const known = this.#children.get(keyOf(values));
    if (known !== undefined) return known;
    const isFull = this.#children.size >= this.#most;
    return this.#make(isFull ? values.map((value, at) => this.#bounded(value, at)) : values);
  }

  #bounded(value: string, at: number): string {
    return named.has(this.#labelNames[at] ?? "") ? otherName : value;
  }

  #make(values: readonly string[]): Child {
    const key = keyOf(values);
    let child = this.#children.get(key);
    if (child === undefined) {
      const labels = Object.fromEntries(
        this.#labelNames.map((name, at) => [name, values[at] ?? ""]),
      );
      child = this.create(labels);
      this.#children.set(key, child);
    }
    return child;
  }

  /** What a registry of prom-client takes for a metric: it reads the name, and the values at a scrape. */
  forRegistry(): Metric {
    const name = this.#name;
    const metric = {
      name,
      get: () =>
        Promise.resolve({
          name,
          help: this.#help,
          type: this.type,
          aggregator: "sum",
          values: [...this.#children.values()].flatMap((child) => this.samples(name, child)),
        }),
      reset: () => this.#children.clear(),
    };
    return metric as unknown as Metric;
  }

  protected abstract readonly type: "counter" | "histogram";
  protected abstract create(labels: Labels): Child;
  protected abstract samples(name: string, child: Child): Sample[];
}

/** Each of them is a score of lines at a scrape. */
const mostHistograms = 1_000;

/** A counter with labels. */
export class CountFamily extends Family<PlainCount> {
  protected override readonly type = "counter";

  constructor(name: string, help: string, labelNames: readonly string[], most = 5_000) {
    super(name, help, labelNames, most);
  }

  protected override create(labels: Labels): PlainCount {
    return new PlainCount(labels);
  }

  protected override samples(_name: string, { labels, value }: PlainCount): Sample[] {
    return [{ labels: { ...labels }, value }];
  }
}

/** A histogram with labels; the bounds of its buckets rise. */
export class HistogramFamily extends Family<PlainSpread> {
  protected override readonly type = "histogram";
  readonly #bounds: readonly number[];

  constructor(
    name: string,
    help: string,
    labelNames: readonly string[],
    bounds: readonly number[],
  ) {
    super(name, help, labelNames, mostHistograms);
    this.#bounds = bounds;
  }

  protected override create(labels: Labels): PlainSpread {
    return new PlainSpread(labels, this.#bounds);
  }

  protected override samples(name: string, child: PlainSpread): Sample[] {
    return child.samples(name);
  }
}

/** Names that meters are bound for; policies and targets of old versions stay among them, so there has to be an end. */
const mostNames = 500;

/** The meters of a name, made when first asked for; those of `other` where there are too many names. */
export function bound<M>(known: Map<string, M>, name: string, bind: (name: string) => M): M {
  const meters = known.get(name);
  if (meters !== undefined) return meters;
  const shown = known.size < mostNames ? name : otherName;
  const made = known.get(shown) ?? bind(shown);
  known.set(shown, made);
  return made;
}
