import type { ChatBody, Tool, ToolCall } from "../../../protocol/chat-request.ts";
import type { Carrier } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import type { Differences } from "./differences.ts";
import type { ChatAsked } from "./prepare.ts";

type Loose = Record<string, unknown>;

interface Around {
  readonly row: Differences;
  readonly carrier: Carrier;
  /** Where the tool of this index stands in the client's body. */
  readonly placeOf: (at: number) => string;
}

/** A request without the tools that take free text, which are told to the carrier, where the provider knows functions alone. */
export function withoutCustomTools(asked: ChatAsked, { row, carrier, placeOf }: Around): ChatAsked {
  const { body, dialect, bytes } = asked;
  if (row.customTools || !body.tools?.some(isCustom)) return asked;
  for (const [at, tool] of body.tools.entries())
    if (isCustom(tool))
      carrier.cannot(placeOf(at), `the tool '${nameOfTool(tool)}', which takes free text,`);
  const kept = body.tools.filter((tool) => !isCustom(tool));
  return { dialect, bytes, modelSpan: null, body: withTools(body, kept) };
}

function isCustom({ type }: Tool): boolean {
  return type === "custom";
}

/** The body with these of its tools and what it says of them. */
export function withTools(body: ChatBody, tools: readonly Tool[]): ChatBody {
  const { tools: _tools, tool_choice: choice, parallel_tool_calls: parallel, ...rest } = body;
  if (tools.length === 0) return rest;
  const kept = choiceAmong(choice, tools);
  return {
    ...rest,
    tools,
    ...(kept === undefined ? {} : { tool_choice: kept }),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
  };
}

/** A choice among tools that are still there; of others nothing is said. */
function choiceAmong(
  choice: ChatBody["tool_choice"],
  tools: readonly Tool[],
): ChatBody["tool_choice"] {
  if (typeof choice !== "object" || choice === null) return choice;
  const names = new Set(tools.map(nameOfTool));
  const allowed = choice["allowed_tools"];
  if (!isFields(allowed)) return names.has(nameOfTool(choice)) ? choice : undefined;
  const { tools: among } = allowed;
  const listed = (Array.isArray(among) ? among : []).filter(
    (tool) => isFields(tool) && names.has(nameOfTool(tool)),
  );
  return listed.length === 0
    ? undefined
    : { ...choice, allowed_tools: { ...allowed, tools: listed } };
}

/** The name of a tool or of a choice, which stands below its type; null where there is none. */
function nameOfTool(tool: object): string | null {
  const { function: called, custom } = tool as Loose;
  const named = called ?? custom;
  return isFields(named) && typeof named["name"] === "string" ? named["name"] : null;
}

/** A call of a tool that takes free text as one of a function, which gets that text as its `input`; others as they are. */
export function asFunctionCall(call: ToolCall): ToolCall {
  const { custom, ...rest } = call as ToolCall & { readonly custom?: unknown };
  if (call.function !== undefined || !isFields(custom)) return call;
  const { name, input } = custom;
  if (typeof name !== "string") return call;
  const args = JSON.stringify({ input: typeof input === "string" ? input : "" });
  return { ...rest, type: "function", function: { name, arguments: args } };
}
