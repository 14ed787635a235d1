import { Gauge, type Registry } from "prom-client";
import type { ShadowAge } from "./policy-shadow-meters.ts";

/** A server at home as its last round of probes told it; null is what it does not say. */
export interface ServerGauges {
  /** The provider's name in the configuration. */
  readonly server: string;
  readonly up: boolean;
  readonly running: number | null;
  readonly queue: number | null;
  /** 0..1. */
  readonly kvUse: number | null;
  /** 0..1. */
  readonly specAcceptance: number | null;
  readonly tokensPerSecond: number | null;
  /** Since that round. */
  readonly ageSeconds: number;
}

/** A target as the gateway's own attempts found it. */
export interface TargetGauges {
  readonly target: string;
  /** Whether requests are sent to it at present. */
  readonly healthy: boolean;
  readonly breaker: "closed" | "open" | "half-open";
  /** Whether it is left alone for its failures. */
  readonly ejected: boolean;
  readonly inFlight: number;
  /** Requests that wait for a turn there. */
  readonly waiting: number;
}

/** How a target counts the tokens of prompts, by its own answers. */
export interface CountGauges {
  readonly target: string;
  /** Tokens by its count for one by ours, of late. */
  readonly ratio: number;
  /** Mean share by which the expected ratio was wrong of late. */
  readonly error: number;
}

/** What a scrape reads from the gateway at that moment. */
export interface GatewayState {
  readonly nowEpochMs: number;
  readonly requestsInFlight: number;
  /** Bytes of requests and answers held at the moment. */
  readonly heldBytes: number;
  /** Clients that leave a full buffer unread. */
  readonly stalledReaders: number;
  readonly upstreamInFlight: number;
  /** Requests that wait for room below a limit, or for their turn. */
  readonly limitsWaiting: number;
  /** Rows of the ledger that wait to be written again, and those given up since the start. */
  readonly ledgerUnwritten: number;
  readonly ledgerLost: number;
  readonly ready: boolean;
  readonly decisionLogDropped: number;
  /** Decision records written without the further facts that the configuration wants. */
  readonly decisionFactsLeftOut: number;
  readonly policies: readonly {
    readonly name: string;
    readonly hash: string | null;
    readonly sinceEpochMs: number | null;
    /** When the present trouble with its file was met; null while the file is in force as it stands. */
    readonly errorSinceEpochMs: number | null;
  }[];
  readonly shadowPolicies: readonly ShadowAge[];
  readonly servers: readonly ServerGauges[];
  /** Whether more targets are ejected at once than may be. */
  readonly targetPanic: boolean;
  readonly targets: readonly TargetGauges[];
  /** How targets count tokens, where enough was heard of it. */
  readonly counts: readonly CountGauges[];
}

/** What a scrape reads rather than what is counted as it happens. */
export class Gauges {
  readonly #registry: Registry;
  readonly #read: () => GatewayState;

  constructor(registry: Registry, read: () => GatewayState) {
    this.#registry = registry;
    this.#read = read;
  }

  register(): void {
    this.#gatewayGauges();
    this.#policyGauges();
    this.#shadowGauges();
    this.#serverGauges();
    this.#targetGauges();
  }

  #gatewayGauges(): void {
    const show = (name: string, help: string, value: (state: GatewayState) => number): void =>
      this.#gauge(name, help, (gauge) => gauge.set(value(this.#read())));
    show("requests_in_flight", "requests being answered", (state) => state.requestsInFlight);
    show("in_flight_bytes", "bytes of requests and answers held", ({ heldBytes }) => heldBytes);
    show(
      "stalled_readers",
      "clients that leave a full buffer unread",
      (state) => state.stalledReaders,
    );
    show(
      "upstream_in_flight",
      "upstream requests open or queued",
      (state) => state.upstreamInFlight,
    );
    show(
      "target_panic",
      "1 while more targets are left alone for failures at once than health.max-ejected",
      ({ targetPanic }) => (targetPanic ? 1 : 0),
    );
    show(
      "limits_waiting",
      "requests that wait for room below a limit, or for their turn",
      (state) => state.limitsWaiting,
    );
    show(
      "ledger_rows_unwritten",
      "rows of the ledger that wait to be written again",
      (state) => state.ledgerUnwritten,
    );
    show(
      "ledger_rows_lost",
      "rows of the ledger given up since the start",
      (state) => state.ledgerLost,
    );
    show("ready", "1 while the gateway takes requests", ({ ready }) => (ready ? 1 : 0));
    show(
      "decision_log_dropped",
      "decision records given up since the start",
      (state) => state.decisionLogDropped,
    );
    show(
      "decision_facts_left_out",
      "decision records written without the further facts of telemetry.facts since the start",
      (state) => state.decisionFactsLeftOut,
    );
  }

  #policyGauges(): void {
    const age = (sinceEpochMs: number): number => (this.#read().nowEpochMs - sinceEpochMs) / 1000;
    this.#gauge(
      "policy_info",
      "1 for the active hash of each policy",
      (gauge) => {
        gauge.reset();
        for (const { name, hash } of this.#read().policies) {
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
        for (const { name, sinceEpochMs } of this.#read().policies) {
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
        for (const { name, errorSinceEpochMs } of this.#read().policies) {
          gauge.set({ policy: name }, errorSinceEpochMs === null ? 0 : age(errorSinceEpochMs));
        }
      },
      ["policy"],
    );
  }

  #shadowGauges(): void {
    this.#gauge(
      "policy_shadow_age_seconds",
      "how long the decisions of each policy beside another one have been counted",
      (gauge) => {
        gauge.reset();
        const { shadowPolicies, nowEpochMs } = this.#read();
        for (const { policy, candidate, sinceEpochMs } of shadowPolicies)
          gauge.set({ policy, candidate }, (nowEpochMs - sinceEpochMs) / 1000);
      },
      ["policy", "candidate"],
    );
  }

  #targetGauges(): void {
    const show = (name: string, help: string, value: (target: TargetGauges) => number): void =>
      this.#gauge(
        `target_${name}`,
        help,
        (gauge) => {
          gauge.reset();
          for (const each of this.#read().targets) gauge.set({ target: each.target }, value(each));
        },
        ["target"],
      );
    show("healthy", "1 while requests are sent to a target", ({ healthy }) => (healthy ? 1 : 0));
    show("ejected", "1 while a target is left alone for its failures", ({ ejected }) =>
      ejected ? 1 : 0,
    );
    show("in_flight", "attempts open at a target", ({ inFlight }) => inFlight);
    show("waiting", "requests that wait for a turn at a target", ({ waiting }) => waiting);
    show(
      "breaker_open",
      "1 while a target is left alone, 0.5 while a request may probe it",
      ({ breaker }) => ({ closed: 0, "half-open": 0.5, open: 1 })[breaker],
    );
    const count = (name: string, help: string, value: (count: CountGauges) => number): void =>
      this.#gauge(
        `target_${name}`,
        help,
        (gauge) => {
          gauge.reset();
          for (const each of this.#read().counts) gauge.set({ target: each.target }, value(each));
        },
        ["target"],
      );
    count(
      "token_ratio",
      "tokens by a target's own count for one of ours, of late",
      (each) => each.ratio,
    );
    count(
      "token_ratio_error",
      "mean share by which a target's expected ratio was wrong of late",
      (each) => each.error,
    );
  }

  #serverGauges(): void {
    const show = (
      name: string,
      help: string,
      value: (server: ServerGauges) => number | null,
    ): void =>
      this.#gauge(
        `server_${name}`,
        help,
        (gauge) => {
          gauge.reset();
          for (const each of this.#read().servers) {
            const shown = value(each);
            if (shown !== null) gauge.set({ server: each.server }, shown);
          }
        },
        ["server"],
      );
    show("up", "1 while a local server takes requests", ({ up }) => (up ? 1 : 0));
    show("running", "requests a local server works on", ({ running }) => running);
    show("queue", "requests waiting inside a local server", ({ queue }) => queue);
    show("kv_use", "share of a local server's KV cache in use", ({ kvUse }) => kvUse);
    show(
      "spec_acceptance",
      "share of drafted tokens that a local server accepted since it started",
      ({ specAcceptance }) => specAcceptance,
    );
    show(
      "tokens_per_second",
      "generated tokens per second, as a local server reckons it",
      ({ tokensPerSecond }) => tokensPerSecond,
    );
    show("age_seconds", "since a local server was last asked", ({ ageSeconds }) => ageSeconds);
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
