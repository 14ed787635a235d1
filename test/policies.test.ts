import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { noLiveTargets } from "../src/catalog/target-fact.ts";
import { loadBeside, openWorkspace, readSource } from "../src/cli/workspace.ts";
import { createFactsByName } from "../src/extract/facts-by-name.ts";
import { createNamedFacts } from "../src/extract/named-facts.ts";
import type { FactValue } from "../src/facts/fact.ts";
import { readFactValue } from "../src/facts/value.ts";
import { lower } from "../src/language/graph/lower.ts";
import { interpret } from "../src/language/interpreter/interpret.ts";
import { compile } from "../src/language/program/compile.ts";
import { createFrame, frameValue } from "../src/language/program/frame.ts";
import { walk } from "../src/language/program/walk.ts";
import { checkSource } from "../src/language/service/check-source.ts";
import { explain } from "../src/runtime/plan/explain.ts";
import { chatOf } from "./support/chat.ts";

interface Case {
  /** Facts by name; a number may carry its unit. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** A prompt, from which the facts are read as the gateway reads them. */
  readonly chat?: string;
  readonly expect: {
    readonly rule: string;
    readonly targets?: readonly string[];
    readonly status?: number;
  };
}

const files = globSync("policies/*.policy").toSorted();
const { configuration } = openWorkspace(undefined, "policies/hybrid.policy");
const moment = Date.parse("2026-11-23T10:00:00Z");

function opened(file: string) {
  const { policy, diagnostics } = checkSource(readSource(file), configuration, loadBeside);
  expect(diagnostics.filter(({ severity }) => severity !== "info")).toEqual([]);
  if (policy === null) throw new Error(`${file} has no rules`);
  return policy;
}

async function decide(policy: ReturnType<typeof opened>, { request, chat }: Case) {
  const named = createNamedFacts(policy, configuration);
  const facts: Record<string, unknown> = { time: new Date(moment).toISOString() };
  if (chat !== undefined) {
    const read = createFactsByName(named.names, policy.intents, configuration);
    const context = {
      chat: chatOf(chat),
      headers: {},
      caller: null,
      nowMs: moment,
      requestId: "case",
      endpoint: "chat",
      requested: null,
      live: noLiveTargets,
    } as const;
    Object.assign(facts, await read(context));
  }
  Object.assign(facts, request);
  const frame = createFrame(policy.operands.length);
  named.fill(frame, facts);
  const readOperand = (operand: number): FactValue | undefined =>
    frameValue(policy.operands[operand]?.type, frame, operand);
  const program = compile(policy, lower(policy));
  expect(walk(program, frame, program.root)).toBe(interpret(policy, readOperand));
  const model = facts["model"];
  return explain(policy, {
    targets: configuration.targets,
    defaults: configuration.dispatch,
    requested: typeof model === "string" && configuration.targets.has(model) ? model : null,
    requestId: "case",
    seed: 0,
    promptTokens: Number(readFactValue({ kind: "whole" }, facts["tokens"]) ?? 0),
    maxTokens: Number(readFactValue({ kind: "whole" }, facts["max_tokens"]) ?? 0) || null,
    atMs: moment,
    readOperand,
    live: noLiveTargets,
  }).decision;
}

describe.each(files)("%s", (file) => {
  const policy = opened(file);
  const cases = parse(readFileSync(file.replace(/\.policy$/, ".cases.yaml"), "utf8")) as Case[];

  test.each(cases.map((each) => [JSON.stringify(each.chat ?? each.request), each] as const))(
    "decides %s",
    async (_, each) => {
      const { rule, ...decided } = await decide(policy, each);
      expect(rule?.id).toBe(each.expect.rule);
      if (each.expect.targets !== undefined) expect(decided.targets).toEqual(each.expect.targets);
      if (each.expect.status !== undefined) expect(decided.status).toBe(each.expect.status);
    },
  );

  test("has a case for each of its rules", () => {
    const named = new Set(cases.map((each) => each.expect.rule));
    expect(
      policy.rules.map(({ id }) => id).filter((id) => !named.has(id)),
      basename(file),
    ).toEqual([]);
  });
});
