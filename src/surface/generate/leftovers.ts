import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";
import { closed, leftoversOf, open, type Shape } from "../leftovers.ts";

/** Only files have names elsewhere. */
const isFile = ({ mimeType }: Fields): boolean => !/^(?:image|audio)\//i.test(String(mimeType));

const inlineFile = closed("mimeType", "data", "displayName");
const inline = closed("mimeType", "data");
const file = closed("mimeType", "fileUri", "displayName");
const picture = closed("mimeType", "fileUri");

const call = open(["functionCall", closed("id", "name", "args")]);
const result = open(["functionResponse", open(["parts", partOf])]);
const thought = closed("text", "thought", "thoughtSignature");
const media = open(
  ["inlineData", (value) => (isFile(value) ? inlineFile : inline)],
  ["fileData", (value) => (/^image\//i.test(String(value["mimeType"])) ? picture : file)],
);

/** Fields of parts themselves stay with them, but for thoughts; kinds that no other wire knows are taken whole. */
function partOf(part: Fields): Shape | null {
  if (isFields(part["functionCall"])) return call;
  if (isFields(part["functionResponse"])) return result;
  if (typeof part["text"] === "string" && part["thought"] === true) return thought;
  return isFields(part["inlineData"]) || isFields(part["fileData"]) ? media : null;
}

const content = closed("role", ["parts", partOf]);
const bothSchemas = open(["parameters", "left"]);

const thinking = [
  "thinkingConfig",
  closed("thinkingLevel", "thinkingBudget", "includeThoughts"),
] as const;
const config = open(thinking);
const configOfBoth = open(thinking, ["responseSchema", "left"]);

const body = open(
  ["contents", content],
  ["systemInstruction", content],
  [
    "tools",
    open([
      "functionDeclarations",
      ({ parameters, parametersJsonSchema: schema }) =>
        isFields(parameters) && isFields(schema) ? bothSchemas : null,
    ]),
  ],
  ["toolConfig", open(["functionCallingConfig", closed("mode", "allowedFunctionNames")])],
  [
    "generationConfig",
    ({ responseJsonSchema: schema }) => (isFields(schema) ? configOfBoth : config),
  ],
);

/** What a body in canonical spelling holds that its conversation does not: it goes on to Google, and facts are read from it. */
export function leftoversOfGenerate(received: Fields): readonly unknown[] {
  return leftoversOf(received, body);
}
