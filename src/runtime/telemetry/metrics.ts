import { collectDefaultMetrics, Registry } from "prom-client";
import { picodollarsPerDollar } from "../../base/money.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { AttemptRecord } from "../dispatch/machine-types.ts";
import { CacheMeters } from "./cache-meters.ts";
import type { RequestOutcome } from "./decision-record.ts";
import { type GatewayState, Gauges } from "./gauges.ts";
import { PolicyShadowMeters } from "./policy-shadow-meters.ts";
import { bound, CountFamily, HistogramFamily, otherName, type Spread } from "./tallies.ts";

/** Meters of one policy, bound once so that a request builds no labels. */
export interface PolicyMeters {
  decided(rule: string): void;
  ended(outcome: RequestOutcome, seconds: number): void;
  /** Counts a request that was explained instead of served. */
  explained(): void;
}

/** Meters of one target. */
export interface TargetMeters {
  attempted(attempt: AttemptRecord): void;
  /** Usage of null is not known; a cost of null neither. */
  used(usage: Usage | null, costPicodollars: number | null): void;
  /** What the provider's prompt cache made of a cost: less where positive, more (it was only written to) where negative. */
  saved(picodollars: number): void;
}

/** Everything the gateway counts. Label values come from the configuration and the policies only, never from a client. */
export interface Metrics {
  policy(name: string): PolicyMeters;
  target(name: string): TargetMeters;
  /** The time that the gateway itself adds to a request, and to the first bytes of its answer, in seconds. */
  readonly overhead: { readonly request: Spread; readonly answer: Spread };
  readonly cache: CacheMeters;
  readonly policyShadows: PolicyShadowMeters;
  /** Counts an answer that no policy decided, by its HTTP status. */
  refused(status: number): void;
  /** Counts a request whose key opened nothing, by why. */
  keyRefused(reason: string): void;
  /** Counts a copy of a request that is over, or was left out. */
  shadowed(target: string, outcome: string): void;
  /** Counts a time that an intent was asked for, by the classifier's target and how it went. */
  classified(target: string, outcome: string): void;
  /** Counts a request that was not begun, by what there was too much of and its priority (`unknown` before it was decided). */
  shed(reason: string, priority: string): void;
  /** Counts a request that a limit, a budget or a concurrency of a policy had no room for, by the option where it stands. */
  limited(option: string): void;
  /** Counts a write of counters or of the ledger that failed. */
  ledgerFailed(): void;
  /** Counts a time that what gateways share could not be had. */
  sharingFailed(): void;
  /** Counts a turn in a target's health. */
  healthChanged(target: string, change: string): void;
  /** Counts a value that is none of its configured fact's. */
  strangeValue(fact: string): void;
  /** Counts a line of a batch that has its result. */
  batchLine(policy: string, outcome: RequestOutcome): void;
  reloaded(result: "swapped" | "refused" | "unchanged", seconds: number): void;
  /** Counts spans of traces by what became of them. */
  traced(result: "exported" | "failed" | "dropped", count: number): void;
  /** Whence the gauges are read at a scrape. */
  observe(read: () => GatewayState): void;
  /** The Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const requestBuckets = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600];
const firstTokenBuckets = [0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 15, 30, 60];

/** From what a decision by a table takes to what nobody should see. */
const overheadBuckets = [
  0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
];

const mostRules = 5_000;

/** Meters in a registry of their own. */
export function createMetrics(): Metrics {
  return new PrometheusMetrics();
}

class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #policies = new Map<string, PolicyMeters>();
  readonly #targets = new Map<string, TargetMeters>();
  readonly #requests = new CountFamily(
    "signalbox_requests_total",
    "requests by policy and outcome",
    ["policy", "outcome"],
  );
  readonly #decisions = new CountFamily(
    "signalbox_decisions_total",
    "decisions by policy and rule",
    ["policy", "rule"],
  );
  readonly #refusals = new CountFamily(
    "signalbox_refusals_total",
    "answers that no policy decided, by HTTP status",
    ["status"],
  );
  readonly #keyRefusals = new CountFamily(
    "signalbox_key_refusals_total",
    "requests whose key opened nothing, by why",
    ["reason"],
  );
  readonly #shed = new CountFamily(
    "signalbox_shed_total",
    "requests that were not begun for overload, by what there was too much of and by priority",
    ["reason", "priority"],
  );
  readonly #limited = new CountFamily(
    "signalbox_limited_total",
    "requests that a limit, a budget or a concurrency had no room for, by the option where it stands",
    ["option"],
  );
  readonly #limitedOptions = new Set<string>();
  readonly #sharingFailures = new CountFamily(
    "signalbox_sharing_failures_total",
    "times that what gateways share could not be had",
    [],
  );
  readonly #ledgerFailures = new CountFamily(
    "signalbox_ledger_failures_total",
    "writes of counters or of the ledger that failed",
    [],
  );
  readonly #attempts = new CountFamily(
    "signalbox_attempts_total",
    "attempts by target and outcome",
    ["target", "outcome"],
  );
  readonly #healthChanges = new CountFamily(
    "signalbox_target_health_changes_total",
    "turns in a target's health: its breaker opened or closed, it asked for a pause, it was tried though it is left alone, another gateway leaves it alone",
    ["target", "change"],
  );
  readonly #shadows = new CountFamily(
    "signalbox_shadows_total",
    "copies of requests sent beside them, by target and outcome",
    ["target", "outcome"],
  );
  readonly #classified = new CountFamily(
    "signalbox_classifications_total",
    "times that an intent was asked for, by the classifier's target and how it went",
    ["target", "outcome"],
  );
  readonly #tokens = new CountFamily("signalbox_tokens_total", "tokens by target and direction", [
    "target",
    "direction",
  ]);
  readonly #cost = new CountFamily(
    "signalbox_cost_dollars_total",
    "cost by target, in US dollars",
    ["target"],
  );
  readonly #cacheSavings = new CountFamily(
    "signalbox_prompt_cache_dollars_total",
    "what providers' prompt caches changed of the cost by target, in US dollars: saved by reading, spent on writing",
    ["target", "change"],
  );
  readonly #explanations = new CountFamily(
    "signalbox_explanations_total",
    "requests that were explained instead of served",
    ["policy"],
  );
  readonly #strangeValues = new CountFamily(
    "signalbox_strange_values_total",
    "values outside those that the configuration declares for a fact",
    ["fact"],
  );
  readonly #batchLines = new CountFamily(
    "signalbox_batch_lines_total",
    "requests of batches that have their result, by policy and outcome",
    ["policy", "outcome"],
  );
  readonly #traceSpans = new CountFamily(
    "signalbox_trace_spans_total",
    "spans of traces by what became of them",
    ["result"],
  );
  readonly #reloads = new CountFamily("signalbox_reloads_total", "reloads by result", ["result"]);
  readonly #duration = new HistogramFamily(
    "signalbox_request_duration_seconds",
    "from the arrival of a request to the end of its answer",
    ["policy"],
    requestBuckets,
  );
  readonly #firstToken = new HistogramFamily(
    "signalbox_first_token_seconds",
    "from sending an attempt to its first meaningful chunk",
    ["target"],
    firstTokenBuckets,
  );
  readonly #overhead = new HistogramFamily(
    "signalbox_overhead_seconds",
    "what the gateway itself adds: from a whole request to its first sending (request), and from the bytes that an answer begins with to handing them on (answer)",
    ["part"],
    overheadBuckets,
  );
  readonly cache = new CacheMeters();
  readonly policyShadows = new PolicyShadowMeters();
  readonly overhead = {
    request: this.#overhead.of("request"),
    answer: this.#overhead.of("answer"),
  };
  readonly #reloadDuration = new HistogramFamily(
    "signalbox_reload_duration_seconds",
    "from reading the changed files to the swap",
    [],
    [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
  );

  constructor() {
    // Counted by ourselves and handed over at a scrape: the library's own labels cost a request some 10 µs.
    const families = [
      this.#requests,
      this.#decisions,
      this.#refusals,
      this.#keyRefusals,
      this.#shed,
      this.#limited,
      this.#ledgerFailures,
      this.#sharingFailures,
      this.#attempts,
      this.#healthChanges,
      this.#shadows,
      this.#classified,
      this.#tokens,
      this.#cost,
      this.#cacheSavings,
      this.#explanations,
      this.#strangeValues,
      this.#batchLines,
      this.#traceSpans,
      this.#reloads,
      this.#duration,
      this.#firstToken,
      this.#overhead,
      this.#reloadDuration,
      ...this.cache.families,
      ...this.policyShadows.families,
    ];
    for (const family of families) this.#registry.registerMetric(family.forRegistry());
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
    return bound(this.#policies, name, (each) => this.#bindPolicy(each));
  }

  target(name: string): TargetMeters {
    return bound(this.#targets, name, (each) => this.#bindTarget(each));
  }

  refused(status: number): void {
    this.#refusals.of(String(status)).add(1);
  }

  keyRefused(reason: string): void {
    this.#keyRefusals.of(reason).add(1);
  }

  shed(reason: string, priority: string): void {
    this.#shed.of(reason, priority).add(1);
  }

  limited(option: string): void {
    const isKnown = this.#limitedOptions.has(option);
    if (!isKnown && this.#limitedOptions.size < mostRules) this.#limitedOptions.add(option);
    this.#limited.of(isKnown || this.#limitedOptions.has(option) ? option : otherName).add(1);
  }

  ledgerFailed(): void {
    this.#ledgerFailures.of().add(1);
  }

  sharingFailed(): void {
    this.#sharingFailures.of().add(1);
  }

  batchLine(policy: string, outcome: RequestOutcome): void {
    this.#batchLines.of(policy, outcome).add(1);
  }

  shadowed(target: string, outcome: string): void {
    this.#shadows.of(target, outcome).add(1);
  }

  classified(target: string, outcome: string): void {
    this.#classified.of(target, outcome).add(1);
  }

  healthChanged(target: string, change: string): void {
    this.#healthChanges.of(target, change).add(1);
  }

  strangeValue(fact: string): void {
    this.#strangeValues.of(fact).add(1);
  }

  traced(result: string, count: number): void {
    this.#traceSpans.of(result).add(count);
  }

  reloaded(result: "swapped" | "refused" | "unchanged", seconds: number): void {
    this.#reloads.of(result).add(1);
    this.#reloadDuration.of().observe(seconds);
  }

  observe(read: () => GatewayState): void {
    new Gauges(this.#registry, read).register();
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #bindPolicy(name: string): PolicyMeters {
    const duration = this.#duration.of(name);
    const outcome = (text: RequestOutcome) => this.#requests.of(name, text);
    const requests = {
      ok: outcome("ok"),
      failed: outcome("failed"),
      "client-gone": outcome("client-gone"),
      rejected: outcome("rejected"),
      invalid: outcome("invalid"),
      error: outcome("error"),
    };
    const rules = new Map<string, { add(by: number): void }>();
    return {
      explained: () => this.#explanations.of(name).add(1),
      decided: (rule) => {
        let count = rules.get(rule);
        if (count === undefined) {
          count = this.#decisions.of(name, rule);
          if (rules.size < mostRules) rules.set(rule, count);
        }
        count.add(1);
      },
      ended: (result, seconds) => {
        requests[result].add(1);
        duration.observe(seconds);
      },
    };
  }

  #bindTarget(name: string): TargetMeters {
    const ok = this.#attempts.of(name, "ok");
    const aborted = this.#attempts.of(name, "aborted");
    const outrun = this.#attempts.of(name, "outrun");
    const firstToken = this.#firstToken.of(name);
    const input = this.#tokens.of(name, "input");
    const output = this.#tokens.of(name, "output");
    const cachedRead = this.#tokens.of(name, "cached_read");
    const cost = this.#cost.of(name);
    const saved = this.#cacheSavings.of(name, "saved");
    const spent = this.#cacheSavings.of(name, "spent");
    return {
      attempted: ({ outcome, startedAtMs, firstTokenAtMs }) => {
        if (outcome.kind === "ok") ok.add(1);
        else if (outcome.kind === "aborted") (outcome.why === "outrun" ? outrun : aborted).add(1);
        else this.#attempts.of(name, outcome.failure.cause).add(1);
        if (firstTokenAtMs !== null) firstToken.observe((firstTokenAtMs - startedAtMs) / 1000);
      },
      used: (usage, costPicodollars) => {
        if (usage !== null) {
          input.add(usage.inputTokens);
          output.add(usage.outputTokens);
          cachedRead.add(usage.cachedReadTokens);
        }
        if (costPicodollars !== null) cost.add(costPicodollars / picodollarsPerDollar);
      },
      saved(picodollars) {
        const dollars = picodollars / picodollarsPerDollar;
        if (dollars > 0) saved.add(dollars);
        else if (dollars < 0) spent.add(-dollars);
      },
    };
  }
}
