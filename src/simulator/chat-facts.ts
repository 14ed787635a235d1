import { BugError } from "../base/assert.ts";
import { type LiveTargets, noLiveTargets } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { maxTokens } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { createExtractor, type Extractor } from "../extract/extractor.ts";
import { factReader, type FactReader as ReadsFact } from "../extract/fact-readers.ts";
import { createNamedFacts, type NamedFacts } from "../extract/named-facts.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { Fact, FactValue, OperandShape } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { FactReader } from "./fact-reader.ts";
import type { LogTargets } from "./log-targets.ts";
import type { LoggedChat, LoggedRequest } from "./logged-request.ts";
import type { MissingFacts } from "./missing.ts";
import { plainFacts } from "./named-facts.ts";

/** What a log of chats may leave out, and a fact may be read from. */
export type Source = "caller" | "headers" | "time";

/** A fact that an operand rests on, with the sources that have to be in the log. */
export interface Dependency {
  readonly fact: string;
  readonly sources: readonly Source[];
}

const callerFacts: ReadonlySet<string> = new Set(["key", "user", "team", "tier"]);
const clockFacts: ReadonlySet<string> = new Set(["time", "weekday", "date"]);

export interface ChatFactParts {
  readonly missing: MissingFacts;
  readonly targets: LogTargets;
  readonly nowMs: number;
  /** What is measured of targets; nothing when left out. */
  readonly live?: LiveTargets;
  /** What the ledger tells of a request, by the fact's name; nothing when left out. */
  readonly counted?: (request: LoggedRequest) => ReadonlyMap<string, number> | undefined;
}

/** Reads facts from request bodies by the gateway's own extractor, save those whose source is not in the log. */
export class ChatFactReader implements FactReader {
  readonly #extractor: Extractor;
  readonly #dependencies: readonly (readonly Dependency[])[];
  /** Operands of the intent, where a classifier would be asked for it. */
  readonly #asked: ReadonlySet<number>;
  /** Reads what a log tells beside its bodies. */
  readonly #named: NamedFacts;
  readonly #missing: MissingFacts;
  readonly #targets: LogTargets;
  /** Stands for the time of requests without one; no fact is read from it. */
  readonly #nowMs: number;
  readonly #live: LiveTargets;
  readonly #counted: (request: LoggedRequest) => ReadonlyMap<string, number> | undefined;
  readonly #subjects = new Map<string, ReadsFact>();
  #context: { readonly of: LoggedRequest; readonly is: RequestContext } | null = null;

  constructor(
    policy: Pick<CheckedPolicy, "operands" | "intents">,
    configuration: Configuration,
    parts: ChatFactParts,
  ) {
    this.#extractor = createExtractor(policy, configuration);
    this.#dependencies = policy.operands.map(({ shape }) => dependenciesOf(shape, configuration));
    const isAsked = configuration.facts.get("intent")?.classifier !== undefined;
    const ofIntent = policy.operands.flatMap(({ key }, at) => (key === "intent" ? [at] : []));
    this.#asked = new Set(isAsked ? ofIntent : []);
    this.#missing = parts.missing;
    this.#named = createNamedFacts(policy, configuration, {
      defaults: false,
      lacks: (name) => parts.missing.add(name),
    });
    this.#targets = parts.targets;
    this.#nowMs = parts.nowMs;
    this.#live = parts.live ?? noLiveTargets;
    this.#counted = parts.counted ?? (() => undefined);
  }

  begin(request: LoggedRequest, frame: FactFrame): void {
    this.#extractor.fill(frame, this.#contextOf(request));
    const chat = chatOf(request);
    // What the log cannot tell is asked for only where the outcome rests on it, and counted then.
    for (let operand = 0; operand < this.#dependencies.length; operand += 1) {
      if (this.#lackedBy(operand, request, chat) !== null) {
        frame.state[operand] = frameState.unasked;
      }
    }
  }

  read(operand: number, request: LoggedRequest, frame: FactFrame): void | Promise<void> {
    const lacked = this.#lackedBy(operand, request, chatOf(request));
    if (lacked === null) {
      const reading = this.#extractor.read(operand, frame, this.#contextOf(request));
      if (frame.state[operand] === frameState.unknown && this.#asked.has(operand))
        this.#missing.add("intent");
      return reading;
    }
    const { known } = chatOf(request);
    if (known !== null) return this.#named.read(operand, frame, known);
    this.#missing.add(lacked);
    frame.state[operand] = frameState.unknown;
  }

  named(request: LoggedRequest, name: "model" | "max_tokens"): unknown {
    const { body } = chatOf(request);
    return name === "model" ? body.model : maxTokens(body);
  }

  subject(request: LoggedRequest, fact: Fact): FactValue | undefined {
    let read = this.#subjects.get(fact.name);
    if (read === undefined) {
      read = factReader(fact, () => undefined);
      this.#subjects.set(fact.name, read);
    }
    const { known } = chatOf(request);
    const told = readFactValue(fact.type, known?.[fact.name]);
    return told ?? read(this.#contextOf(request));
  }

  promptTokens(request: LoggedRequest): number {
    return estimatedTokens(chatOf(request).body);
  }

  facts(request: LoggedRequest, frame: FactFrame): FactSnapshot {
    const read = this.#extractor.snapshot(frame);
    const { known } = chatOf(request);
    return known === null ? read : { ...plainFacts(known), ...read };
  }

  /** The first fact behind an operand whose source the log left out; null when it left out none. */
  #lackedBy(operand: number, { atMs }: LoggedRequest, chat: LoggedChat): string | null {
    for (const { fact, sources } of this.#dependencies[operand] ?? []) {
      for (const source of sources) {
        const isThere = source === "time" ? atMs !== null : chat[source] !== undefined;
        if (!isThere) return fact;
      }
    }
    return null;
  }

  #contextOf(request: LoggedRequest): RequestContext {
    if (this.#context?.of === request) return this.#context.is;
    const { body, headers, caller, endpoint } = chatOf(request);
    const is: RequestContext = {
      chat: { body },
      headers: headers ?? {},
      caller: caller ?? null,
      nowMs: request.atMs ?? this.#nowMs,
      requestId: request.id,
      endpoint,
      requested: this.#targets.requested(body.model)?.name ?? null,
      live: this.#live,
    };
    this.#context = { of: request, is };
    const counted = this.#counted(request);
    if (counted === undefined) return is;
    const whole = { ...is, counted };
    this.#context = { of: request, is: whole };
    return whole;
  }
}

function chatOf({ chat }: LoggedRequest): LoggedChat {
  if (chat === null) throw new BugError("a request without a body came to the reader of bodies");
  return chat;
}

/** The facts that an operand rests on, with what has to be in a log of bodies for each. */
export function dependenciesOf(
  shape: OperandShape,
  configuration: Configuration,
): readonly Dependency[] {
  switch (shape.kind) {
    case "fact":
      return dependencyOf(shape.name, configuration);
    case "text-test":
    case "local":
      return dependencyOf(shape.fact, configuration);
    case "arithmetic":
      return [shape.left, shape.right].flatMap((each) => dependenciesOf(each, configuration));
    case "constant":
    case "target":
      return [];
  }
}

export function dependencyOf(fact: string, { facts }: Configuration): readonly Dependency[] {
  const from = facts.get(fact)?.from ?? [];
  const sources = from.length > 0 ? from.flatMap(sourceOf) : builtInSources(fact);
  return sources.length === 0 ? [] : [{ fact: clockFacts.has(fact) ? "time" : fact, sources }];
}

function sourceOf(source: string): readonly Source[] {
  if (source.startsWith("key.")) return ["caller"];
  return source.startsWith("header.") ? ["headers"] : [];
}

function builtInSources(fact: string): readonly Source[] {
  if (callerFacts.has(fact)) return ["caller"];
  if (clockFacts.has(fact)) return ["time"];
  return fact.startsWith("header.") || fact === "due" ? ["headers"] : [];
}
