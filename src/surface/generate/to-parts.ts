import type {
  Fields,
  ForeignPart,
  Part,
  Reasoning,
  ReasoningPart,
  ResultPart,
} from "../../protocol/conversation.ts";
import { isFields, textOf } from "../fields.ts";
import type { CallLedger } from "./call-ledger.ts";
import { openProof } from "./proof.ts";

/** Where a part stands: its path in the client's body, and the same as short text that ids are made from. */
export interface PartPlace {
  readonly path: string;
  readonly short: string;
}

/** The parts that one part of a content is: none for an empty text, two for a text that bears a signature. */
export function partsOf(part: Fields, place: PartPlace, ledger: CallLedger): readonly Part[] {
  const { path } = place;
  const signature = textOf(part["thoughtSignature"]) || null;
  const call = part["functionCall"];
  if (isFields(call)) return [callPart(part, { call, signature, place, ledger })];
  const result = part["functionResponse"];
  if (isFields(result)) return [resultPart(part, { result, place, ledger })];
  const text = textOf(part["text"]);
  if (text !== null && part["thought"] === true) return [thoughtPart(text, signature, path)];
  const media = mediaPart(part, path);
  const said: readonly Part[] = media !== null ? [media] : saidPart(part, text, path);
  if (signature === null || said.some((one) => one.kind === "foreign")) return said;
  return [...said, thoughtPart("", signature, path)];
}

function saidPart(part: Fields, text: string | null, path: string): readonly Part[] {
  if (text === null) return foreignPart(part, path);
  const extra = foreignFields(part, ["text", "thoughtSignature", "thought"]);
  return text === "" ? [] : [{ kind: "text", path, text, ...extra }];
}

/** Thinking as it came back: with another maker's proof under seal, with one of this wire, or with none. */
function thoughtPart(text: string, signature: string | null, path: string): ReasoningPart {
  return { kind: "reasoning", path, reasoning: reasoningOf(text, signature) };
}

function reasoningOf(text: string, signature: string | null): Reasoning {
  const seal = openProof(signature);
  if (seal !== null) {
    const { kind: _kind, ...rest } = seal;
    return { ...rest, text };
  }
  const own = signature === null ? {} : ({ dialect: "generate" } as const);
  return { text, summary: true, signature, encrypted: null, id: null, model: null, ...own };
}

interface CallParts {
  readonly call: Fields;
  readonly signature: string | null;
  readonly place: PartPlace;
  readonly ledger: CallLedger;
}

function callPart(part: Fields, { call, signature, place, ledger }: CallParts): Part {
  const name = String(call["name"]);
  return {
    kind: "call",
    path: place.path,
    id: ledger.call(textOf(call["id"]) || null, name, place.short),
    name,
    args: JSON.stringify(call["args"] ?? {}),
    custom: false,
    signature: openProof(signature) === null ? signature : null,
    ...foreignFields(part, ["functionCall", "thoughtSignature", "thought"]),
  };
}

interface ResultParts {
  readonly result: Fields;
  readonly place: PartPlace;
  readonly ledger: CallLedger;
}

function resultPart(part: Fields, { result, place, ledger }: ResultParts): ResultPart {
  const path = `${place.path}.functionResponse`;
  const { text, isError } = outcomeOf(result["response"]);
  const said = { kind: "text", path: `${path}.response`, text } as const;
  const foreign = {
    ...foreignFields(part, ["functionResponse"]).foreign,
    ...foreignFields(result, ["id", "name", "response", "parts"]).foreign,
  };
  return {
    kind: "result",
    path: place.path,
    callId: ledger.answer(textOf(result["id"]) || null, String(result["name"]), place.short),
    parts: [...(text === "" ? [] : [said]), ...mediaOfResult(result["parts"], `${path}.parts`)],
    isError,
    ...(Object.keys(foreign).length === 0 ? {} : { foreign }),
  };
}

/** What a function returned: `output` and `result` are customs of the wire's clients for values that are no object. */
function outcomeOf(response: unknown): { readonly text: string; readonly isError: boolean } {
  if (!isFields(response)) return { text: "", isError: false };
  const names = Object.keys(response);
  const [name = ""] = names;
  const lone = names.length === 1 && /^(?:output|result|error)$/.test(name);
  const value = lone ? response[name] : response;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { text, isError: lone && name === "error" };
}

type Shown = ResultPart["parts"][number];

function mediaOfResult(parts: unknown, path: string): readonly Shown[] {
  if (!Array.isArray(parts)) return [];
  return (parts as readonly unknown[]).filter(isFields).flatMap((part, at): readonly Shown[] => {
    const place = `${path}[${at}]`;
    const media = mediaPart(part, place);
    return media === null || media.kind === "audio" ? foreignPart(part, place) : [media];
  });
}

type Media = Extract<Part, { kind: "image" | "audio" | "file" | "foreign" }>;

/** Pictures, sound and files of a part; null where it holds none. */
function mediaPart(part: Fields, path: string): Media | null {
  const { inlineData: inline, fileData: file } = part;
  const held = isFields(inline) ? "inlineData" : "fileData";
  const extra = foreignFields(part, [held, "thoughtSignature", "thought"]);
  if (isFields(inline)) return inlinePart(inline, { path, extra });
  if (!isFields(file)) return null;
  const url = String(file["fileUri"]);
  // What Google keeps, nobody else can fetch.
  if (!/^https?:/i.test(url) || googleOnly.test(url))
    return { kind: "foreign", path, dialect: "generate", type: "fileData", value: part };
  const source = { kind: "url", url } as const;
  return /^image\//i.test(textOf(file["mimeType"]) ?? "")
    ? { kind: "image", path, source, detail: null, ...extra }
    : { kind: "file", path, source, name: textOf(file["displayName"]), ...plainFile, ...extra };
}

const googleOnly =
  /^https:\/\/(?:generativelanguage\.googleapis\.com\/|(?:www\.)?youtube\.com\/|youtu\.be\/)/i;

const plainFile = { context: null, cites: false } as const;

interface MediaPlace {
  readonly path: string;
  readonly extra: { readonly foreign?: Fields };
}

function inlinePart(inline: Fields, { path, extra }: MediaPlace): Media {
  const mediaType = String(inline["mimeType"]).toLowerCase();
  const data = String(inline["data"]);
  const format = /^audio\/([^;]+)/.exec(mediaType)?.[1];
  if (format !== undefined)
    return { kind: "audio", path, data, format: formats.get(format) ?? format, ...extra };
  const source = { kind: "data", mediaType, data } as const;
  return mediaType.startsWith("image/")
    ? { kind: "image", path, source, detail: null, ...extra }
    : { kind: "file", path, source, name: textOf(inline["displayName"]), ...plainFile, ...extra };
}

/** Names of sound under which other wires know it. */
const formats: ReadonlyMap<string, string> = new Map([
  ["mpeg", "mp3"],
  ["x-wav", "wav"],
  ["wave", "wav"],
  ["vnd.wave", "wav"],
]);

function foreignPart(part: Fields, path: string): readonly ForeignPart[] {
  const type = Object.keys(part).find((name) => !marks.has(name) && part[name] !== null);
  return type === undefined
    ? []
    : [{ kind: "foreign", path, dialect: "generate", type, value: part }];
}

/** What a part may bear beside what it holds. */
const marks: ReadonlySet<string> = new Set([
  "thought",
  "thoughtSignature",
  "videoMetadata",
  "mediaResolution",
  "partMetadata",
]);

/** Fields that have no place in a conversation. */
function foreignFields(value: Fields, known: readonly string[]): { readonly foreign?: Fields } {
  const rest = Object.entries(value).filter(
    ([name, field]) => field !== null && !known.includes(name),
  );
  return rest.length === 0 ? {} : { foreign: Object.fromEntries(rest) };
}
