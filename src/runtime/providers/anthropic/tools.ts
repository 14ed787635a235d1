import type { ChatBody, Tool } from "../../../protocol/chat-request.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { isFields } from "../error-signal.ts";
import { unsupported } from "./unsupported.ts";

type Fields = Readonly<Record<string, unknown>>;

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
  body: ChatBody,
  calledNames: readonly string[],
  mayForce: boolean,
): ToolFields | Failure {
  if (body["functions"] !== undefined) return unsupported("functions", "the old tool interface");
  const allowed = allowedNames(body.tool_choice, mayForce);
  const tools: Fields[] = [];
  for (const [at, tool] of (body.tools ?? []).entries()) {
    if (tool.type !== "function" || tool.function === undefined)
      return unsupported(`tools[${at}].type`, `a tool of type ${tool.type}`);
    if (allowed === null || allowed.has(tool.function.name)) tools.push(declared(tool));
  }
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
  const asked = choiceOf(body.tool_choice);
  const choice = isForced(asked) && !mayForce ? { type: "auto" } : asked;
  const single = body.parallel_tool_calls === false && choice?.["type"] !== "none";
  if (!single) return choice === null ? { tools } : { tools, tool_choice: choice };
  return {
    tools,
    tool_choice: { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: true },
  };
}

function declared(tool: Tool): Fields {
  const { name, description, parameters, strict } = tool.function ?? { name: "" };
  const mark = (tool as unknown as Fields)["cache_control"];
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: { type: "object", properties: {}, ...parameters },
    ...(strict === true ? { strict } : {}),
    ...(mark === undefined ? {} : { cache_control: mark }),
  };
}

function choiceOf(choice: ChatBody["tool_choice"]): Fields | null {
  if (choice === undefined || choice === null) return null;
  if (typeof choice === "string") return { type: choice === "required" ? "any" : choice };
  const allowed = choice["allowed_tools"];
  if (isFields(allowed)) return { type: allowed["mode"] === "required" ? "any" : "auto" };
  const named = choice["function"];
  return isFields(named) ? { type: "tool", name: named["name"] } : null;
}

/** Asks in words for the call that a body forces; null where it forces none, or there is nothing to call. */
export function callInstruction(body: ChatBody): string | null {
  const choice = choiceOf(body.tool_choice);
  if (!isForced(choice) || !body.tools?.length) return null;
  return choice["type"] === "tool"
    ? `Answer with a call of the tool \`${choice["name"]}\`.`
    : "Answer with a call of one of the tools.";
}

function isForced(choice: Fields | null): choice is Fields {
  return choice?.["type"] === "any" || choice?.["type"] === "tool";
}

/** The names that a choice leaves: those of `allowed_tools`, and a forced one that cannot be forced; null for all. */
function allowedNames(
  choice: ChatBody["tool_choice"],
  mayForce: boolean,
): ReadonlySet<unknown> | null {
  const named = isFields(choice) ? choice["function"] : null;
  if (!mayForce && isFields(named)) return new Set([named["name"]]);
  const allowed = isFields(choice) ? choice["allowed_tools"] : null;
  if (!isFields(allowed) || !Array.isArray(allowed["tools"])) return null;
  return new Set(
    allowed["tools"].map((tool: unknown) => {
      const inner = isFields(tool) ? tool["function"] : null;
      return isFields(inner) ? inner["name"] : null;
    }),
  );
}
