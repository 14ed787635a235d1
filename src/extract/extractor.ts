import { BugError, invariant } from "../base/assert.ts";
import type { Target } from "../catalog/target.ts";
import { readTargetFact } from "../catalog/target-fact.ts";
import type {
  FactTable,
  FactType,
  FactValue,
  Operand,
  OperandShape,
  Trust,
} from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { localReader } from "../facts/zone-clock.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { type Asker, type FactFrame, frameState } from "../language/program/frame.ts";
import { loadEncoder } from "../meaning/token-count.ts";
import { combine } from "./arithmetic.ts";
import type { StrangeValue } from "./configured-facts.ts";
import type { RequestContext } from "./context.ts";
import { type Binding, bodyIntentReader, type DearReader, dearReader } from "./dear-facts.ts";
import { factReader } from "./fact-readers.ts";
import type { ToldIntent } from "./intent-reader.ts";
import { createSlot, putBounds, putNumber, putValue, type SlotReader, store } from "./slot.ts";
import { createSnapshot, type FactSnapshot } from "./snapshot.ts";
import { boundTokens, exactTokens } from "./token-facts.ts";

/** What names of facts and targets stand for; a Configuration fits. */
export interface FactVocabulary {
  readonly facts: FactTable;
  readonly targets: ReadonlyMap<string, Target>;
}

export interface ExtractorOptions {
  /** Counts values of configured facts that are none; told nothing when left out. */
  readonly strangeValue?: StrangeValue;
  /** Lets the event loop go on between two parts of long work; by `setImmediate` when left out. */
  readonly pause?: () => Promise<void>;
}

/** Computes the facts of requests into frames of one policy. Bound once; facts of one request never mix with another's. */
export interface Extractor {
  readonly operands: readonly Operand[];
  /** Keys of the operands. */
  readonly keys: ReadonlySet<string>;
  /** Sets every operand: facts at hand known, unknown or (of `tokens`) bounded, dear ones unasked. */
  fill(frame: FactFrame, context: RequestContext): void;
  /** Reads one unasked or bounded operand exactly; a promise only when that takes more than a moment. */
  read(operand: number, frame: FactFrame, context: RequestContext): void | Promise<void>;
  /** The exact tokens of a request's prompt; a promise only when that takes more than a moment. */
  countTokens(context: RequestContext): number | Promise<number>;
  /** What the frame knows, by operand key; the text of prompts never. */
  snapshot(frame: FactFrame): FactSnapshot;
  /** The same as JSON text, faster. */
  snapshotJson(frame: FactFrame): string;
  /** Operands, by key, that were not at hand and were asked for, each with what asked first. */
  asked(frame: FactFrame): Readonly<Record<string, Asker>>;
  /** The same as JSON text; empty for none. */
  askedJson(frame: FactFrame): string;
  /** What the intent of a request came to; undefined where nothing asked for it. */
  toldIntent(context: RequestContext): ToldIntent | undefined;
  /** Operands, by key, that are not the gateway's own word. */
  readonly trust: Readonly<Record<string, Exclude<Trust, "gateway">>>;
}

/** What cheap readers read from: one request, and the bounds of its tokens once they are needed. */
interface Present {
  context: RequestContext;
  readonly tokens: { low: number; high: number };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Binds every operand of a policy to its reader. Throws a BugError for operands that the checker would not have passed. */
export function createExtractor(
  policy: Pick<CheckedPolicy, "operands" | "intents">,
  vocabulary: FactVocabulary,
  options: ExtractorOptions = {},
): Extractor {
  const { operands, intents } = policy;
  const binding: Binding = {
    facts: vocabulary.facts,
    intents,
    strange: options.strangeValue ?? (() => undefined),
    pause: options.pause ?? nextTurn,
  };
  const isDear = operands.map((each) => each.costClass >= 2 && each.shape.kind !== "arithmetic");
  const cheap = operands.map((each, index) =>
    isDear[index] ? null : bindShape(each.shape, vocabulary, binding),
  );
  const dear = operands.map((each, index) => (isDear[index] ? dearReader(each, binding) : null));
  const ofTokens = operands.flatMap((each, index) =>
    dependsOnTokens(each.shape, vocabulary.facts) ? [index] : [],
  );
  const asksIntent = operands.some(({ shape }) => restsOnIntent(shape));
  // Bounds are loose before, and the load (0.2 s of the loop) would fall on a request. Nobody waits for it here: where it failed,
  // each count awaits the same promise, and its request ends as a fault that is logged.
  if (ofTokens.length > 0) loadEncoder().catch(() => undefined);
  return {
    operands,
    keys: new Set(operands.map(({ key }) => key)),
    ...createSnapshot(operands),
    toldIntent: asksIntent ? (context) => bodyIntentReader(binding).told(context) : () => undefined,
    ...createFilling({ cheap, dear, ofTokens, types: operands.map((each) => each.type) }, binding),
  };
}

/** Whether an operand is told by what a prompt asks for. */
export function restsOnIntent(shape: OperandShape): boolean {
  if (shape.kind === "arithmetic") return restsOnIntent(shape.left) || restsOnIntent(shape.right);
  if (shape.kind === "text-test") return shape.fact === "intent";
  return shape.kind === "fact" && (shape.name === "intent" || shape.name === "confidence");
}

interface Readers {
  readonly cheap: readonly (SlotReader<Present> | null)[];
  readonly dear: readonly (DearReader | null)[];
  /** Operands that change with the number of tokens. */
  readonly ofTokens: readonly number[];
  readonly types: readonly FactType[];
}

function createFilling(
  { cheap, dear, ofTokens }: Readers,
  { pause }: Binding,
): Pick<Extractor, "fill" | "read" | "countTokens"> {
  const slot = createSlot();
  const tokens = { low: 0, high: 0 };
  const present: { -readonly [Key in keyof Present]: Present[Key] | null } = {
    context: null,
    tokens,
  };
  const refill = (frame: FactFrame, context: RequestContext, exact: number): void => {
    present.context = context;
    tokens.low = exact;
    tokens.high = exact;
    for (const operand of ofTokens) {
      cheap[operand]?.(present as Present, slot);
      store(frame, operand, slot);
    }
    present.context = null;
  };
  return {
    countTokens({ chat }) {
      const bounds = { low: 0, high: 0 };
      boundTokens(chat.body, bounds);
      return bounds.low === bounds.high ? bounds.low : exactTokens(chat.body, pause);
    },
    fill(frame, context) {
      if (ofTokens.length > 0) boundTokens(context.chat.body, tokens);
      present.context = context;
      for (let operand = 0; operand < cheap.length; operand += 1) {
        const read = cheap[operand];
        if (read === null || read === undefined) {
          frame.state[operand] = frameState.unasked;
          continue;
        }
        read(present as Present, slot);
        store(frame, operand, slot);
      }
      present.context = null;
    },
    read(operand, frame, context) {
      const read = dear[operand];
      if (read === null || read === undefined) {
        invariant(frame.state[operand] === frameState.bounded, "a fact at hand is read at once");
        const exact = exactTokens(context.chat.body, pause);
        if (typeof exact === "number") return refill(frame, context, exact);
        return exact.then((count) => refill(frame, context, count));
      }
      const value = read(context);
      if (value instanceof Promise) return value.then((late) => put(frame, operand, late));
      put(frame, operand, value);
    },
  };
}

function put(frame: FactFrame, operand: number, value: FactValue | undefined): void {
  frame.state[operand] = value === undefined ? frameState.unknown : frameState.known;
  if (typeof value === "string") frame.texts[operand] = value;
  else frame.numbers[operand] = Number(value ?? 0);
}

function isBuiltInTokens(name: string, facts: FactTable): boolean {
  return name === "tokens" && (facts.get(name)?.from.length ?? 0) === 0;
}

function dependsOnTokens(shape: OperandShape, facts: FactTable): boolean {
  if (shape.kind === "arithmetic") {
    return dependsOnTokens(shape.left, facts) || dependsOnTokens(shape.right, facts);
  }
  if (shape.kind === "target") return shape.fact.startsWith("price.");
  return shape.kind === "fact" && isBuiltInTokens(shape.name, facts);
}

function bindShape(
  shape: OperandShape,
  vocabulary: FactVocabulary,
  binding: Binding,
): SlotReader<Present> {
  switch (shape.kind) {
    case "constant": {
      const { value } = shape;
      return (_present, slot) => putNumber(slot, value);
    }
    case "arithmetic":
      return combine(
        shape.op,
        bindShape(shape.left, vocabulary, binding),
        bindShape(shape.right, vocabulary, binding),
      );
    case "local": {
      const read = localReader(shape.fact, shape.zone);
      return ({ context }, slot) => putValue(slot, read(context.nowMs));
    }
    case "target":
      return bindTarget(shape, vocabulary);
    case "fact": {
      if (isBuiltInTokens(shape.name, vocabulary.facts)) {
        return ({ tokens }, slot) => putBounds(slot, tokens.low, tokens.high);
      }
      const fact = lookUpFact(vocabulary.facts, shape.name);
      invariant(fact !== null, `the fact ${shape.name} is known`);
      const read = factReader(fact, binding.strange);
      return ({ context }, slot) => putValue(slot, read(context));
    }
    case "text-test":
      throw new BugError("a test of a text is never at hand");
  }
}

function bindTarget(
  shape: Extract<OperandShape, { readonly kind: "target" }>,
  { targets }: FactVocabulary,
): SlotReader<Present> {
  const target = targets.get(shape.target);
  invariant(target !== undefined, `the target ${shape.target} is known`);
  const { fact } = shape;
  const read = ({ live, nowMs }: RequestContext, promptTokens: number): FactValue | undefined =>
    readTargetFact(target, fact, { live, atMs: nowMs, promptTokens });
  if (!fact.startsWith("price.")) return ({ context }, slot) => putValue(slot, read(context, 0));
  return ({ context, tokens }, slot) => {
    const low = read(context, tokens.low);
    const high = read(context, tokens.high);
    if (typeof low !== "number" || typeof high !== "number") putValue(slot, low);
    else putBounds(slot, Math.min(low, high), Math.max(low, high));
  };
}
