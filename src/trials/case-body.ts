import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { Configuration } from "../configuration/configuration.ts";
import type { Entry, YamlReader } from "../configuration/read-yaml.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { readChatRequest } from "../protocol/read-chat-request.ts";

const deepest = 64;

/** A node as JSON has it; undefined where it is nested too deeply, or an alias leads nowhere. */
export function toJson(reader: YamlReader, node: Node | null, depth = 0): unknown {
  const found = reader.resolve(node);
  if (found === null) return null;
  if (found === undefined || depth > deepest) return undefined;
  if (isScalar(found)) return found.value;
  if (isSeq(found)) return found.items.map((item) => toJson(reader, item as Node, depth + 1));
  if (!isMap(found)) return undefined;
  return Object.fromEntries(
    reader.entries(found).map(({ name, node: value }) => [name, toJson(reader, value, depth + 1)]),
  );
}

/** The chat request of a case: its `body`, or one whose prompt is its `chat`; null where it has neither, or a wrong one. */
export function readBody(
  reader: YamlReader,
  { chat, body }: { readonly chat: Entry | undefined; readonly body: Entry | undefined },
  { server }: Configuration,
): ChatBody | null {
  const entry = body ?? chat;
  if (entry === undefined) return null;
  const said = toJson(reader, entry.node);
  const messages = [{ role: "user", content: said }];
  const json = body === undefined ? { messages } : said;
  const bytes = new TextEncoder().encode(JSON.stringify(withModel(json)) ?? "null");
  const read = readChatRequest(bytes, server);
  if (read.ok) return saysModel(json) ? read.request.body : { ...read.request.body, model: "" };
  const span = entry.node === null ? entry.keySpan : reader.spanOf(entry.node);
  reader.report("C0106", span, `\`${entry.name}\` is no chat request: ${read.problem.message}`);
  return null;
}

function saysModel(body: unknown): boolean {
  return typeof body === "object" && body !== null && "model" in body;
}

/** A body has to have a model, which a case may leave out: it is empty then, as every fact that is not given. */
function withModel(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return { model: "auto", ...body };
}
