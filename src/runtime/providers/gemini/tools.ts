import type { Conversation, Fields, Tool, ToolChoice } from "../../../protocol/conversation.ts";
import { type Carrier, tellSetting } from "../carrier.ts";
import { readableSchema } from "./json-schema.ts";
import type { ModelTraits } from "./model-traits.ts";
import { ownDialect } from "./own-dialect.ts";

/** The tool fields of a request. */
export interface ToolFields {
  readonly tools?: readonly Fields[];
  readonly toolConfig?: Fields;
}

/** Names that the wire takes for a function. */
const callable = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;

/** Translates tools and the choice among them. */
export function toolFields(
  conversation: Conversation,
  traits: ModelTraits,
  carrier: Carrier,
): ToolFields {
  const { tools, toolChoice } = conversation;
  const functions = tools.filter((tool) => isCallable(tool, carrier));
  const own = tools.flatMap(ownTool);
  if (functions.length > 0 && own.length > 0 && !traits.mixesTools) {
    carrier.cannot("tools", "a tool of the provider's own beside functions");
    own.length = 0;
  }
  // The wire cannot say "one call at a time".
  if (functions.length > 0) tellSetting(carrier, "parallel_tool_calls", conversation.parallelCalls);
  const declarations = chosen(functions, toolChoice).map(declaration);
  const lists = [
    ...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]),
    ...own,
  ];
  if (lists.length === 0) return {};
  const strict = traits.validatesCalls && functions.some((tool) => tool.strict === true);
  const names = new Set(functions.map((tool) => tool.name));
  const config = declarations.length === 0 ? null : callingConfig(toolChoice, names, strict);
  return {
    tools: lists,
    ...(config === null ? {} : { toolConfig: { functionCallingConfig: config } }),
  };
}

type FunctionTool = Extract<Tool, { kind: "function" }>;

function isCallable(tool: Tool, carrier: Carrier): tool is FunctionTool {
  if (tool.kind === "custom") carrier.cannot(tool.path, "a tool that takes free text");
  if (tool.kind !== "function") return false;
  if (callable.test(tool.name)) return true;
  carrier.cannot(tool.path, "a function whose name begins with neither letter nor underscore");
  return false;
}

/** Those of other wires were told of with all that is foreign. */
function ownTool(tool: Tool): readonly Fields[] {
  return tool.kind === "foreign" && tool.dialect === ownDialect ? [tool.value] : [];
}

/** The functions that the choice leaves. Where one must be called, the wire has a field for that; else the others are not told of. */
function chosen(
  functions: readonly FunctionTool[],
  choice: ToolChoice | null,
): readonly FunctionTool[] {
  if (choice?.kind !== "allowed" || choice.mustCall) return functions;
  return functions.filter((tool) => choice.names.includes(tool.name));
}

function declaration({ name, description, parameters }: FunctionTool): Fields {
  return {
    name,
    ...(description === null ? {} : { description }),
    ...(parameters === null ? {} : { parametersJsonSchema: readableSchema(parameters) }),
  };
}

const modes = { none: "NONE", required: "ANY" } as const;

function callingConfig(
  choice: ToolChoice | null,
  names: ReadonlySet<string>,
  strict: boolean,
): Fields | null {
  const free = strict ? { mode: "VALIDATED" } : { mode: "AUTO" };
  if (choice === null) return strict ? free : null;
  switch (choice.kind) {
    case "auto":
      return free;
    case "none":
    case "required":
      return { mode: modes[choice.kind] };
    case "named":
      return names.has(choice.name) ? forced([choice.name]) : null;
    case "allowed": {
      const known = choice.names.filter((name) => names.has(name));
      return choice.mustCall && known.length > 0 ? forced(known) : free;
    }
  }
}

function forced(names: readonly string[]): Fields {
  return { mode: "ANY", allowedFunctionNames: names };
}
