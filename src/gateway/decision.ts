// TEMPORARY until src/extract lands
import type { ClientKey, Configuration } from "../configuration/configuration.ts";
import type { RequestContext } from "../extract/context.ts";
import type { FactValue } from "../facts/fact.ts";
import { createFrame, type FactFrame, frameState } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { walk } from "../language/program/walk.ts";
import type { ChatRequest } from "../protocol/chat-request.ts";
import type { PlanInputs } from "../runtime/plan/make-plan.ts";
import type { Exchange } from "./exchange.ts";
import type { ActivePolicy } from "./snapshot.ts";

export type Extractor = { fill(frame: FactFrame, context: RequestContext): void };

export function extractorFor(program: Program, _c: Configuration): Extractor {
  return {
    fill(frame, context) {
      program.operands.forEach((o, i) => {
        const text = JSON.stringify(context.chat.body.messages);
        const put = (v: FactValue | undefined): void => {
          if (v === undefined) frame.state[i] = frameState.unknown;
          else {
            frame.state[i] = frameState.known;
            if (typeof v === "string") frame.texts[i] = v;
            else frame.numbers[i] = Number(v);
          }
        };
        const b = context.chat.body;
        if (o.key === "tokens") put(Math.ceil(text.length / 4));
        else if (o.key === "intent") put(/classify/i.test(text) ? "classify" : "chat");
        else if (o.key === "stream") put(b.stream === true);
        else if (o.key === "tools") put(b.tools?.length ?? 0);
        else if (o.key === "max_tokens") put(b.max_tokens ?? undefined);
        else if (o.key === "user") put(b.user ?? undefined);
        else put(undefined);
      });
    },
  };
}
export function contextOf(
  exchange: Exchange,
  chat: ChatRequest,
  key: ClientKey | null,
  requested: string | null,
): RequestContext {
  const { core, request } = exchange;
  return {
    chat,
    headers: request.headers,
    caller: key,
    nowMs: core.clock.now(),
    requestId: exchange.id,
    endpoint: "chat",
    requested,
    live: { healthy: () => true, queue: (t) => core.world.running(t) },
  };
}
export function takeFrame(policy: ActivePolicy): FactFrame {
  return policy.frames.pop() ?? createFrame(policy.program.operands.length);
}
export function releaseFrame(policy: ActivePolicy, frame: FactFrame): void {
  frame.state.fill(0);
  policy.frames.push(frame);
}
export function decideBranch(
  policy: ActivePolicy,
  frame: FactFrame,
  context: RequestContext,
): number | Promise<number> {
  (policy.extractor as Extractor).fill(frame, context);
  return walk(policy.program, frame, policy.program.root);
}
export function planInputsOf(
  policy: ActivePolicy,
  frame: FactFrame,
  context: RequestContext,
): Omit<PlanInputs, "targets" | "defaults" | "seed"> {
  return {
    requested: context.requested,
    requestId: context.requestId,
    promptTokens: 100,
    maxTokens: context.chat.body.max_tokens ?? null,
    atMs: context.nowMs,
    readOperand: (i) =>
      frame.state[i] !== frameState.known
        ? undefined
        : policy.program.operands[i]?.type.kind === "text"
          ? frame.texts[i]
          : frame.numbers[i],
    live: context.live,
  };
}
export function recordedFacts(
  policy: ActivePolicy,
  frame: FactFrame,
): { factsJson: string; trustJson: string } {
  const f: Record<string, unknown> = {};
  policy.program.operands.forEach((o, i) => {
    f[o.key] =
      frame.state[i] === 2 ? (o.type.kind === "text" ? frame.texts[i] : frame.numbers[i]) : null;
  });
  return { factsJson: JSON.stringify(f), trustJson: "{}" };
}
