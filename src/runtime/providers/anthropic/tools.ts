import type { Conversation, Fields, Tool, ToolChoice } from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
import { cacheField } from "./cache-mark.ts";

/** The tool fields of a Messages request. */
export interface ToolFields {
  readonly tools?: readonly Fields[];
  readonly tool_choice?: Fields;
}

/**
 * Translates tools and their choice. A history with calls needs a tool list even when the request has none: the names called are
 * then declared and their use switched off. Where a call cannot be forced, the list is cut to the tool that was named, and
 * `callInstruction` asks for the call in words: refusing would lose the whole answer.
 */
export function toolFields(
  conversation: Conversation,
  {
    calledNames,
    mayForce,
  }: { readonly calledNames: readonly string[]; readonly mayForce: boolean },
  carrier: Carrier,
): ToolFields {
  const { parallelCalls } = conversation;
  const toolChoice = sendableChoice(conversation);
  if (toolChoice === null && conversation.toolChoice !== null) carrier.leavesOut("tool_choice");
  const tools = declaredTools(conversation.tools, allowedNames(toolChoice, mayForce), carrier);
  if (tools.length === 0) {
    if (calledNames.length === 0) return {};
    return {
      tools: calledNames.map((name) => ({
        name,
        input_schema: { type: "object", properties: {} },
      })),
      tool_choice: { type: "none" },
    };
  }
  const asked = choiceOf(toolChoice);
  const choice = isForced(asked) && !mayForce ? { type: "auto" } : asked;
  const single = parallelCalls === false && choice?.["type"] !== "none";
  if (!single) return choice === null ? { tools } : { tools, tool_choice: choice };
  return {
    tools,
    tool_choice: { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: true },
  };
}

function declaredTools(
  tools: readonly Tool[],
  allowed: ReadonlySet<string> | null,
  carrier: Carrier,
): readonly Fields[] {
  return tools.flatMap((tool) => {
    if (tool.kind === "foreign") return tool.dialect === "messages" ? [tool.value] : [];
    if (tool.kind === "function")
      return allowed === null || allowed.has(tool.name) ? [declared(tool)] : [];
    carrier.cannot(`${tool.path}.type`, "a tool of type custom");
    return [];
  });
}

/** The name under which a tool is declared here; null for one that cannot be. */
function nameOf(tool: Tool): unknown {
  if (tool.kind === "foreign") return tool.dialect === "messages" ? tool.value["name"] : null;
  return tool.kind === "function" ? tool.name : null;
}

/** The choice of tools, unless it is for one that is not declared. */
function sendableChoice({ toolChoice, tools }: Conversation): ToolChoice | null {
  if (toolChoice?.kind !== "named") return toolChoice;
  return tools.some((tool) => nameOf(tool) === toolChoice.name) ? toolChoice : null;
}

function declared(tool: Extract<Tool, { kind: "function" }>): Fields {
  const { name, description, parameters, strict, cache } = tool;
  return {
    name,
    ...(description === null ? {} : { description }),
    input_schema: { type: "object", properties: {}, ...parameters },
    ...(strict === true ? { strict } : {}),
    ...cacheField(cache),
  };
}

function choiceOf(choice: ToolChoice | null): Fields | null {
  switch (choice?.kind) {
    case undefined:
      return null;
    case "required":
      return { type: "any" };
    case "named":
      return { type: "tool", name: choice.name };
    case "allowed":
      return { type: choice.mustCall ? "any" : "auto" };
    default:
      return { type: choice?.kind };
  }
}

/** Asks in words for the call that a request forces; null where it forces none, or there is nothing to call. */
export function callInstruction(conversation: Conversation): string | null {
  const choice = choiceOf(sendableChoice(conversation));
  const hasTools = conversation.tools.some((tool) => nameOf(tool) !== null);
  if (!isForced(choice) || !hasTools) return null;
  return choice["type"] === "tool"
    ? `Answer with a call of the tool \`${choice["name"]}\`.`
    : "Answer with a call of one of the tools.";
}

function isForced(choice: Fields | null): choice is Fields {
  return choice?.["type"] === "any" || choice?.["type"] === "tool";
}

/** The names that a choice leaves: the allowed ones, and a forced one that cannot be forced; null for all. */
function allowedNames(choice: ToolChoice | null, mayForce: boolean): ReadonlySet<string> | null {
  if (choice?.kind === "allowed") return new Set(choice.names);
  return choice?.kind === "named" && !mayForce ? new Set([choice.name]) : null;
}
