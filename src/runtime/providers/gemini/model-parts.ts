import { callInput } from "../../../protocol/call-input.ts";
import type { CallPart, Reasoning, Turn } from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
import { isSameModel } from "../same-model.ts";
import { otherParts, type WirePart } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";

/** What a target needs to know of a request's turns. */
export interface TurnContext {
  /** The model that is asked. */
  readonly model: string;
  readonly traits: ModelTraits;
  readonly carrier: Carrier;
}

/** Stands for the signature of a call that another model made (wire-formats §3.6). */
export const foreignCallSignature = "skip_thought_signature_validator";

/** What the model said earlier, as parts; thinking only where this very model signed it. */
export function modelParts(turn: Turn, context: TurnContext): WirePart[] {
  const parts: WirePart[] = [];
  /** The signature of text that comes later in the turn, or of none. */
  let waiting: string | null = null;
  const sign = (part: WirePart): WirePart => {
    if (waiting === null) return part;
    const signed = { ...part, thoughtSignature: waiting };
    waiting = null;
    return signed;
  };
  for (const part of turn.parts) {
    switch (part.kind) {
      case "text":
      case "refusal":
        if (part.text !== "") parts.push(sign({ text: part.text }));
        break;
      case "reasoning": {
        const signature = ownSignature(part.reasoning, context.model);
        if (signature === null) break;
        const { text } = part.reasoning;
        if (text !== "") parts.push({ text, thought: true, thoughtSignature: signature });
        else if (!signLast(parts, signature)) waiting = signature;
        break;
      }
      case "call":
        parts.push(callPart(part));
        break;
      default:
        parts.push(...otherParts(part, context.carrier));
    }
  }
  if (waiting !== null) parts.push({ text: "", thoughtSignature: waiting });
  return context.traits.wantsSignatures ? withCallSignature(parts) : parts;
}

/** Signs the text that was just said; false when what was just said is none, or has a signature. */
function signLast(parts: WirePart[], signature: string): boolean {
  const last = parts.at(-1);
  if (last === undefined || last["text"] === undefined || last["thoughtSignature"] !== undefined)
    return false;
  parts[parts.length - 1] = { ...last, thoughtSignature: signature };
  return true;
}

/** The signature of thinking that this model did. */
function ownSignature(reasoning: Reasoning, model: string): string | null {
  const signature = reasoning.signature ?? reasoning.encrypted;
  if (signature === null || !isSignature(signature) || reasoning.model === null) return null;
  return isSameModel(reasoning.model, model) ? signature : null;
}

/** The wire refuses a request over a signature that is no base64 at all. */
function isSignature(text: string): boolean {
  return /^[\w+/-]+={0,2}$/.test(text);
}

function callPart({ id, name, args, custom, signature }: CallPart): WirePart {
  const call = { functionCall: { id, name, args: custom ? { input: args } : callInput(args) } };
  return signature !== null && isSignature(signature)
    ? { ...call, thoughtSignature: signature }
    : call;
}

/** Of calls made together the first bears the signature, so only that one is looked at. */
function withCallSignature(parts: WirePart[]): WirePart[] {
  const at = parts.findIndex((part) => part["functionCall"] !== undefined);
  const first = parts[at];
  if (first !== undefined && first["thoughtSignature"] === undefined)
    parts[at] = { ...first, thoughtSignature: foreignCallSignature };
  return parts;
}
