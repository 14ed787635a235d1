import type { Conversation, Fields, Tool, ToolChoice } from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
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
  const own = tools.flatMap((tool) => ownTool(tool, carrier));
  if (functions.length > 0 && own.length > 0 && !traits.mixesTools) {
    carrier.cannot("tools", "a tool of the provider's own beside functions");
    own.length = 0;
  }
  if (functions.length > 0 && conversation.parallelCalls === false)
    wishForOneCall(functions, toolChoice, carrier);
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

/**
 * The wire cannot say "one call at a time". Where one function must be called and there is no other, which is how clients ask for
 * an object of a schema, the wish is a mere precaution.
 */
function wishForOneCall(
  functions: readonly FunctionTool[],
  choice: ToolChoice | null,
  carrier: Carrier,
): void {
  const isForced =
    choice?.kind === "named" || (choice?.kind === "required" && functions.length === 1);
  if (isForced) carrier.leavesOut("parallel_tool_calls");
  else carrier.cannot("parallel_tool_calls", "the wish for one call at a time");
}

type FunctionTool = Extract<Tool, { kind: "function" }>;

function isCallable(tool: Tool, carrier: Carrier): tool is FunctionTool {
  if (tool.kind === "custom") carrier.cannot(tool.path, "a tool that takes free text");
  if (tool.kind !== "function") return false;
  if (callable.test(tool.name)) return true;
  carrier.cannot(tool.path, "a function whose name begins with neither letter nor underscore");
  return false;
}

function ownTool(tool: Tool, carrier: Carrier): readonly Fields[] {
  if (tool.kind !== "foreign") return [];
  if (tool.dialect === ownDialect) return [tool.value];
  carrier.cannot(tool.path, `a tool of type ${tool.type}`);
  return [];
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
