import type {
  CacheMark,
  Fields,
  FilePart,
  ForeignPart,
  ImagePart,
  Part,
  Source,
  TextPart,
} from "../../protocol/conversation.ts";
import { isFields, listOfFields, textOf } from "../fields.ts";
import { openSeal } from "../seal.ts";

type PlainPart = TextPart | ImagePart | FilePart | ForeignPart;

/** The parts of a message's content, which was checked; `path` is where the content stands. */
export function partsOf(content: unknown, path: string): readonly Part[] {
  const text = textOf(content);
  if (text !== null) return [{ kind: "text", path, text }];
  const blocks = listOfFields(content);
  const proofs = proofsOfCalls(blocks);
  return blocks.flatMap((block, at) => partOf(block, `${path}[${at}]`, proofs) ?? []);
}

/** Proofs of calls travel in blocks of their own, by the call's id. */
function proofsOfCalls(blocks: readonly Fields[]): ReadonlyMap<unknown, string> {
  const proofs = new Map<unknown, string>();
  for (const block of blocks) {
    const seal = block["type"] === "redacted_thinking" ? openSeal(block["data"]) : null;
    if (seal?.kind === "call") proofs.set(seal.id, seal.signature);
  }
  return proofs;
}

function partOf(block: Fields, path: string, proofs: ReadonlyMap<unknown, string>): Part | null {
  switch (block["type"]) {
    case "tool_use":
      return {
        kind: "call",
        ...placed(block, path, callFields),
        id: String(block["id"]),
        name: String(block["name"]),
        args: JSON.stringify(block["input"]),
        custom: false,
        signature: proofs.get(block["id"]) ?? null,
      };
    case "tool_result":
      return {
        kind: "result",
        ...placed(block, path, resultFields),
        callId: String(block["tool_use_id"]),
        parts: resultParts(block["content"], `${path}.content`),
        isError: block["is_error"] === true,
      };
    case "thinking":
      return thinkingPart(block, path);
    case "redacted_thinking":
      return redactedPart(block, path);
    default:
      return plainPart(block, path);
  }
}

const callFields = ["id", "name", "input"];
const resultFields = ["tool_use_id", "content", "is_error"];

function resultParts(content: unknown, path: string): readonly PlainPart[] {
  const text = textOf(content);
  if (text !== null) return [{ kind: "text", path, text }];
  return listOfFields(content).map((block, at) => plainPart(block, `${path}[${at}]`));
}

function thinkingPart(block: Fields, path: string): Part {
  const text = textOf(block["thinking"]) ?? "";
  const signature = textOf(block["signature"]) || null;
  const seal = openSeal(signature);
  const reasoning =
    seal?.kind === "thought"
      ? { ...withoutKind(seal), text }
      : { text, summary: false, signature, encrypted: null, id: null, model: null, ...ownProof };
  return { kind: "reasoning", ...placed(block, path, ["thinking", "signature"]), reasoning };
}

/** A proof that no seal holds was given by a maker of this wire. */
const ownProof = { dialect: "messages" } as const;

function redactedPart(block: Fields, path: string): Part | null {
  const encrypted = textOf(block["data"]);
  const seal = openSeal(encrypted);
  if (seal?.kind === "call") return null;
  const hidden = { text: "", summary: false, signature: null, encrypted, id: null, model: null };
  const reasoning = seal === null ? { ...hidden, ...ownProof } : { ...withoutKind(seal), text: "" };
  return { kind: "reasoning", ...placed(block, path, ["data"]), reasoning };
}

function withoutKind<T extends { readonly kind: string }>(value: T): Omit<T, "kind"> {
  const { kind: _kind, ...rest } = value;
  return rest;
}

function plainPart(block: Fields, path: string): PlainPart {
  switch (block["type"]) {
    case "text":
      return textPart(block, path);
    case "image":
      return imagePart(block, path) ?? foreignPart(block, path);
    case "document":
      return filePart(block, path) ?? foreignPart(block, path);
    default:
      return foreignPart(block, path);
  }
}

/** A block of text, as it may stand anywhere. */
export function textPart(block: Fields, path: string): TextPart {
  const citations = listOfFields(block["citations"]);
  return {
    kind: "text",
    ...placed(block, path, ["text", "citations"]),
    text: String(block["text"]),
    ...(citations.length > 0 ? { citations } : {}),
  };
}

function imagePart(block: Fields, path: string): ImagePart | null {
  const source = sourceOf(block["source"]);
  if (source === null) return null;
  return { kind: "image", ...placed(block, path, ["source"]), source, detail: null };
}

function filePart(block: Fields, path: string): FilePart | null {
  const cites = isFields(block["citations"]) && block["citations"]["enabled"] === true;
  const source = sourceOf(block["source"]) ?? (cites ? null : contentText(block["source"]));
  if (source === null) return null;
  return {
    kind: "file",
    ...placed(block, path, ["source", "title", "context", "citations"]),
    source,
    name: textOf(block["title"]),
    context: textOf(block["context"]),
    cites,
  };
}

function sourceOf(source: unknown): Source | null {
  if (!isFields(source)) return null;
  switch (source["type"]) {
    case "base64": {
      const mediaType = String(source["media_type"]).toLowerCase();
      return { kind: "data", mediaType, data: String(source["data"]) };
    }
    case "text":
      return { kind: "text", text: String(source["data"]) };
    case "url":
      return { kind: "url", url: String(source["url"]) };
    case "file":
      return { kind: "id", id: String(source["file_id"]), dialect: "messages" };
    default:
      return null;
  }
}

/** A document in blocks is one text where all are text and nobody will cite them block by block; null for others. */
function contentText(source: unknown): Source | null {
  if (!isFields(source) || source["type"] !== "content") return null;
  const content = textOf(source["content"]);
  if (content !== null) return { kind: "text", text: content };
  const blocks = listOfFields(source["content"]);
  if (blocks.some((block) => block["type"] !== "text" || markOf(block) !== null)) return null;
  return { kind: "text", text: blocks.map((block) => String(block["text"])).join("\n\n") };
}

function foreignPart(block: Fields, path: string): ForeignPart {
  const mark = markOf(block);
  return {
    kind: "foreign",
    path,
    dialect: "messages",
    type: String(block["type"]),
    value: block,
    ...(mark === null ? {} : { cache: mark }),
  };
}

/** The cache mark of a block, a tool or a whole request; null when it has none. */
export function markOf(block: Fields): CacheMark | null {
  const mark = block["cache_control"];
  return isFields(mark) ? { ttl: textOf(mark["ttl"]) } : null;
}

interface Place {
  readonly path: string;
  readonly cache?: CacheMark;
  readonly foreign?: Fields;
}

/** Where a block stands, its cache mark, and the fields that have no other place. */
export function placed(block: Fields, path: string, known: readonly string[]): Place {
  const mark = markOf(block);
  const rest = Object.entries(block).filter(
    ([name, value]) =>
      value !== null && name !== "type" && name !== "cache_control" && !known.includes(name),
  );
  return {
    path,
    ...(mark === null ? {} : { cache: mark }),
    ...(rest.length === 0 ? {} : { foreign: Object.fromEntries(rest) }),
  };
}
