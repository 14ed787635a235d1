import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { picodollarsPerDollar } from "../../base/money.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import type { RequestOutcome } from "./decision-record.ts";

/** Meters of one policy, bound once so that a request builds no labels. */
export interface PolicyMeters {
  decided(rule: string): void;
  ended(outcome: RequestOutcome, seconds: number): void;
}

/** Meters of one target. */
export interface TargetMeters {
  attempted(attempt: AttemptRecord): void;
  used(usage: Usage, costPicodollars: number | null): void;
}

/** What a scrape reads from the gateway at that moment. */
export interface GatewayState {
  readonly nowEpochMs: number;
  readonly requestsInFlight: number;
  readonly upstreamInFlight: number;
  readonly ready: boolean;
  readonly decisionLogDropped: number;
  readonly policies: readonly {
    readonly name: string;
    readonly hash: string | null;
    readonly sinceEpochMs: number | null;
    /** When the present trouble with its file was met; null while the file is in force as it stands. */
    readonly errorSinceEpochMs: number | null;
  }[];
}

/** Everything the gateway counts. Label values come from the configuration and the policies only, never from a client. */
export interface Metrics {
  policy(name: string): PolicyMeters;
  target(name: string): TargetMeters;
  /** Counts an answer that no policy decided, by its HTTP status. */
  refused(status: number): void;
  reloaded(result: "swapped" | "refused" | "unchanged", seconds: number): void;
  /** Whence the gauges are read at a scrape. */
  observe(read: () => GatewayState): void;
  /** The Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const requestBuckets = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600];
const firstTokenBuckets = [0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 15, 30, 60];

/** Meters in a registry of their own. */
export function createMetrics(): Metrics {
  return new PrometheusMetrics();
}

class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #policies = new Map<string, PolicyMeters>();
  readonly #targets = new Map<string, TargetMeters>();
  readonly #requests = this.#counter("requests_total", "requests by policy and outcome", [
    "policy",
    "outcome",
  ]);
  readonly #decisions = this.#counter("decisions_total", "decisions by policy and rule", [
    "policy",
    "rule",
  ]);
  readonly #refusals = this.#counter(
    "refusals_total",
    "answers that no policy decided, by HTTP status",
    ["status"],
  );
  readonly #attempts = this.#counter("attempts_total", "attempts by target and outcome", [
    "target",
    "outcome",
  ]);
  readonly #tokens = this.#counter("tokens_total", "tokens by target and direction", [
    "target",
    "direction",
  ]);
  readonly #cost = this.#counter("cost_dollars_total", "cost by target, in US dollars", ["target"]);
  readonly #reloads = this.#counter("reloads_total", "reloads by result", ["result"]);
  readonly #duration = this.#histogram(
    "request_duration_seconds",
    "from the arrival of a request to the end of its answer",
    ["policy"],
    requestBuckets,
  );
  readonly #firstToken = this.#histogram(
    "first_token_seconds",
    "from sending an attempt to its first meaningful chunk",
    ["target"],
    firstTokenBuckets,
  );
  readonly #reloadDuration = this.#histogram(
    "reload_duration_seconds",
    "from reading the changed files to the swap",
    [],
    [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
  );

  constructor() {
    collectDefaultMetrics({
      register: this.#registry,
      prefix: "signalbox_",
      eventLoopMonitoringPrecision: 100,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  policy(name: string): PolicyMeters {
    let meters = this.#policies.get(name);
    if (meters === undefined) {
      meters = this.#bindPolicy(name);
      this.#policies.set(name, meters);
    }
    return meters;
  }

  target(name: string): TargetMeters {
    let meters = this.#targets.get(name);
    if (meters === undefined) {
      meters = this.#bindTarget(name);
      this.#targets.set(name, meters);
    }
    return meters;
  }

  refused(status: number): void {
    this.#refusals.inc({ status: String(status) });
  }

  reloaded(result: "swapped" | "refused" | "unchanged", seconds: number): void {
    this.#reloads.inc({ result });
    this.#reloadDuration.observe(seconds);
  }

  observe(read: () => GatewayState): void {
    this.#gauge("requests_in_flight", "requests being answered", (gauge) =>
      gauge.set(read().requestsInFlight),
    );
    this.#gauge("upstream_in_flight", "upstream requests open or queued", (gauge) =>
      gauge.set(read().upstreamInFlight),
    );
    this.#gauge("ready", "1 while the gateway takes requests", (gauge) =>
      gauge.set(read().ready ? 1 : 0),
    );
    this.#gauge("decision_log_dropped", "decision records given up since the start", (gauge) =>
      gauge.set(read().decisionLogDropped),
    );
    this.#policyGauges(read);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #policyGauges(read: () => GatewayState): void {
    const age = (sinceEpochMs: number): number => (read().nowEpochMs - sinceEpochMs) / 1000;
    this.#gauge(
      "policy_info",
      "1 for the active hash of each policy",
      (gauge) => {
        gauge.reset();
        for (const { name, hash } of read().policies) {
          if (hash !== null) gauge.set({ policy: name, hash }, 1);
        }
      },
      ["policy", "hash"],
    );
    this.#gauge(
      "policy_age_seconds",
      "how long the active version of each policy has been in force",
      (gauge) => {
        gauge.reset();
        for (const { name, sinceEpochMs } of read().policies) {
          if (sinceEpochMs !== null) gauge.set({ policy: name }, age(sinceEpochMs));
        }
      },
      ["policy"],
    );
    this.#gauge(
      "policy_stale_seconds",
      "how long the file of each policy has not been what is in force; 0 when it is",
      (gauge) => {
        gauge.reset();
        for (const { name, errorSinceEpochMs } of read().policies) {
          gauge.set({ policy: name }, errorSinceEpochMs === null ? 0 : age(errorSinceEpochMs));
        }
      },
      ["policy"],
    );
  }

  #bindPolicy(name: string): PolicyMeters {
    const duration = this.#duration.labels(name);
    const outcome = (text: RequestOutcome) => this.#requests.labels(name, text);
    const requests = {
      ok: outcome("ok"),
      failed: outcome("failed"),
      "client-gone": outcome("client-gone"),
      rejected: outcome("rejected"),
      invalid: outcome("invalid"),
      error: outcome("error"),
    };
    const rules = new Map<string, Counter.Internal>();
    return {
      decided: (rule) => {
        let counter = rules.get(rule);
        if (counter === undefined) {
          counter = this.#decisions.labels(name, rule);
          rules.set(rule, counter);
        }
        counter.inc();
      },
      ended: (result, seconds) => {
        requests[result].inc();
        duration.observe(seconds);
      },
    };
  }

  #bindTarget(name: string): TargetMeters {
    const ok = this.#attempts.labels(name, "ok");
    const aborted = this.#attempts.labels(name, "aborted");
    const firstToken = this.#firstToken.labels(name);
    const tokens = {
      input: this.#tokens.labels(name, "input"),
      output: this.#tokens.labels(name, "output"),
      cachedRead: this.#tokens.labels(name, "cached_read"),
    };
    const cost = this.#cost.labels(name);
    return {
      attempted: ({ outcome, startedAtMs, firstTokenAtMs }) => {
        if (outcome.kind === "ok") ok.inc();
        else if (outcome.kind === "aborted") aborted.inc();
        else this.#attempts.inc({ target: name, outcome: outcome.failure.cause });
        if (firstTokenAtMs !== null) firstToken.observe((firstTokenAtMs - startedAtMs) / 1000);
      },
      used: (usage, costPicodollars) => {
        tokens.input.inc(usage.inputTokens);
        tokens.output.inc(usage.outputTokens);
        if (usage.cachedReadTokens > 0) tokens.cachedRead.inc(usage.cachedReadTokens);
        if (costPicodollars !== null) cost.inc(costPicodollars / picodollarsPerDollar);
      },
    };
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({
      name: `signalbox_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
    });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({
      name: `signalbox_${name}`,
      help,
      labelNames,
      buckets,
      registers: [this.#registry],
    });
  }

  #gauge(
    name: string,
    help: string,
    collect: (gauge: Gauge) => void,
    labelNames: string[] = [],
  ): void {
    new Gauge({
      name: `signalbox_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        collect(this);
      },
    });
  }
}
