import { noLiveTargets } from "../../src/catalog/target-fact.ts";
import type { RequestContext } from "../../src/extract/context.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import type { Vocabulary } from "../../src/language/checker/vocabulary.ts";
import { lower } from "../../src/language/graph/lower.ts";
import { compile } from "../../src/language/program/compile.ts";
import type { Program } from "../../src/language/program/program.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import type { ChatBody } from "../../src/protocol/chat-request.ts";

/** A request with a body and whatever else a test sets. */
export function aContext(
  body: Partial<ChatBody>,
  changes: Partial<Omit<RequestContext, "chat">> = {},
): RequestContext {
  return {
    chat: { body: { model: "auto", messages: [{ role: "user", content: "Hello" }], ...body } },
    headers: {},
    caller: null,
    nowMs: Date.UTC(2026, 10, 23, 9, 0),
    requestId: "request-1",
    endpoint: "chat",
    requested: null,
    live: noLiveTargets,
    ...changes,
  };
}

/** A body whose prompt is a text. */
export function aPrompt(text: string, changes: Partial<ChatBody> = {}): Partial<ChatBody> {
  return { messages: [{ role: "user", content: text }], ...changes };
}

/** Checks and compiles a policy; throws with its diagnostics when it is wrong. */
export function aProgram(
  text: string,
  vocabulary: Vocabulary,
): { readonly policy: CheckedPolicy; readonly program: Program } {
  const { policy, diagnostics } = checkSource(
    { file: "test.policy", text },
    vocabulary,
    () => null,
  );
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  return { policy, program: compile(policy, lower(policy)) };
}
