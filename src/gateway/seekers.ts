import { readShippedEmbedding } from "../files/read-intent-model.ts";
import type { Failure } from "../protocol/failure.ts";
import type { Usage } from "../protocol/usage.ts";
import type { OpenAttempt } from "../runtime/dispatch/gate.ts";
import type { AttemptOutcome, AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import {
  type EmbeddingsEndpoint,
  embeddingsEndpoint,
} from "../runtime/providers/embeddings-endpoint.ts";
import { isFields } from "../runtime/providers/error-signal.ts";
import { readAnswerUsage } from "../runtime/providers/openai/read-usage.ts";
import { readErrorAnswer } from "../runtime/providers/read-error-answer.ts";
import {
  type CallEnd,
  EmbeddingError,
  endpointEmbedder,
} from "../runtime/semantic/endpoint-embedder.ts";
import {
  type Payer,
  type Placing,
  SemanticCache,
  type TextEmbedder,
  TooLate,
} from "../runtime/semantic/semantic-cache.ts";
import type { SemanticStore } from "../runtime/semantic/semantic-store.ts";
import { createFetcher, type Fetcher } from "../runtime/transport/bounded-fetch.ts";
import { chargeBeside } from "./charge-beside.ts";
import type { Core } from "./core.ts";
import type { Came } from "./impatience.ts";
import type { Snapshot } from "./snapshot.ts";
import type { ActiveTarget, TargetTable } from "./target-table.ts";

export interface SeekersParts {
  readonly core: () => Core;
  readonly store: SemanticStore;
}

/** A lookup does not wait so long, but what is kept may: 4,000 letters take a small machine a while. */
const limits = { timeoutMs: 10_000, maxBytes: 1_048_576 };
/** Connections to the server of the embeddings. */
const mostConnections = 16;

interface Seeker {
  readonly weights: string;
  readonly cache: SemanticCache;
}

/**
 * What finds prompts by the embeddings of each configuration. Calls to a server are attempts at its target: its health hears of them
 * and holds them off, and the ledger has them in a lane of their own. Its slowness at lookups is held against it here alone.
 */
export class Seekers {
  readonly #parts: SeekersParts;
  readonly #fetcher: Fetcher = createFetcher(mostConnections);
  /** Of the package's own table. */
  #table: SemanticCache | null = null;
  /** By target; of the weights that it was last seen with. */
  readonly #byTarget = new WeakMap<ActiveTarget, Seeker>();
  #closing: Promise<void> | null = null;

  constructor(parts: SeekersParts) {
    this.#parts = parts;
  }

  /** By which embeddings a request of a snapshot is looked for; in words why it cannot be at present. */
  of({ configuration, targets }: Snapshot): SemanticCache | "nobody" | "unhealthy" {
    const { embeddings } = configuration.cache;
    const active = embeddings === null ? null : targets.get(embeddings);
    if (active === undefined) return "nobody";
    // A stand-in's vectors mean nothing.
    if (active === null || active.standIn) {
      this.#table ??= this.#seeker(readShippedEmbedding().embedder);
      return this.#table;
    }
    const endpoint = embeddingsEndpoint(active.provider);
    if (endpoint === null) return "nobody";
    const { impatience, liveTargets, servers, world } = this.#parts.core();
    const { name } = active.target;
    if (impatience.spares(name, world.now()) || liveTargets.healthy(name) === false)
      return "unhealthy";
    const weights = servers.identityOf(name) ?? "";
    let seeker = this.#byTarget.get(active);
    if (seeker?.weights !== weights) {
      const embedder = this.#embedderAt(active, { ...endpoint, weights }, targets);
      seeker = { weights, cache: this.#seeker(embedder) };
      this.#byTarget.set(active, seeker);
    }
    return seeker.cache;
  }

  /** What is asked of a server is given up. */
  close(): Promise<void> {
    this.#closing ??= this.#fetcher.close();
    return this.#closing;
  }

  #seeker(embedder: TextEmbedder): SemanticCache {
    return new SemanticCache({ store: this.#parts.store, embedder, random: Math.random });
  }

  #embedderAt(
    { provider, target }: ActiveTarget,
    endpoint: EmbeddingsEndpoint & { readonly weights: string },
    targets: TargetTable,
  ): TextEmbedder {
    const { authorities } = provider;
    return endpointEmbedder({
      ...{ fetch: this.#fetcher.fetch, limits },
      endpoint: {
        ...{ ...endpoint, model: target.model },
        ...(authorities === undefined ? {} : { authorities }),
      },
      calls: ({ payer, signal }) => this.#call(target.name, targets, { payer, signal }),
    });
  }

  /** One call to a target is made, by a lookup where somebody may stop waiting for it; what is returned is told how it ended. */
  #call(
    target: string,
    targets: TargetTable,
    { payer, signal }: Pick<Placing, "payer"> & { readonly signal: Placing["signal"] | undefined },
  ): (end: CallEnd) => void {
    const core = this.#parts.core();
    const { health, impatience, world } = core;
    const startedAtMs = world.now();
    const held = health.holds(target, true, startedAtMs);
    if (held !== null) throw new EmbeddingError(`\`${target}\` is not asked: ${held.message}`);
    const open = health.sent({ target, extra: false, streamed: false, atMs: startedAtMs });
    const heard = signal === undefined ? null : impatience.sent(target, startedAtMs);
    return (end) => {
      const endedAtMs = world.now();
      heard?.(cameOf(end), endedAtMs);
      charge(core, targets, { payer, open }, recordOf(end, { target, startedAtMs, endedAtMs }));
    };
  }
}

function charge(
  core: Core,
  targets: TargetTable,
  { payer, open }: { readonly payer: Payer; readonly open: OpenAttempt },
  attempt: AttemptRecord,
): void {
  open.ended(attempt);
  chargeBeside(core, targets, { ...payer, lane: "embeddings" }, attempt);
}

function cameOf(end: CallEnd): Came {
  if (end.kind === "ok") return "in-time";
  return end.kind === "left" && end.why instanceof TooLate ? "late" : "untold";
}

function recordOf(
  end: CallEnd,
  times: Pick<AttemptRecord, "target" | "startedAtMs" | "endedAtMs">,
): AttemptRecord {
  return {
    ...{ ...times, attempt: 0, hedge: false, step: 0, firstTokenAtMs: null },
    ...{ outcome: outcomeOf(end), usage: usageOf(end) },
  };
}

function outcomeOf(end: CallEnd): AttemptOutcome {
  if (end.kind === "ok") return { kind: "ok" };
  if (end.kind === "failed") return { kind: "failed", failure: failureOf(end.answer) };
  return { kind: "aborted", why: end.why instanceof TooLate ? "deadline" : "client-gone" };
}

/** The failure that an answer without an embedding is. */
function failureOf(answer: (CallEnd & { readonly kind: "failed" })["answer"]): Failure {
  if (answer === null) return failed("bad_output", "the answer holds no embedding");
  if (!answer.ok) {
    const cause = answer.reason === "timeout" ? "timeout" : "network";
    return answer.reason === "too-large"
      ? failed("bad_output", "the answer is too large for an embedding")
      : failed(cause, "the server of the embeddings did not answer");
  }
  const { status, headers, body } = answer;
  return readErrorAnswer({ status, headers }, body);
}

function failed(cause: Failure["cause"], message: string): Failure {
  return { cause, retrySame: false, message };
}

function usageOf(end: CallEnd): Usage | null {
  return end.kind === "ok" && isFields(end.body) ? readAnswerUsage(end.body) : null;
}
