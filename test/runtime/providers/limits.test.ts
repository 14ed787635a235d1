import fc from "fast-check";
import { expect, test } from "vitest";
import type { Target } from "../../../src/catalog/target.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { generate, messages, responses, type Sent, sentTo, type To } from "./sent-to.ts";
import { chat } from "./support.ts";

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
const ways: readonly Target["thinking"][] = [
  undefined,
  new Set(["enabled", "disabled"]),
  new Set(["enabled", "adaptive"]),
  new Set(["adaptive", "disabled"]),
];

interface Asked {
  readonly limit: number | null;
  readonly effort: (typeof efforts)[number] | null;
  readonly budget: number | null;
}

const said = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** One wish as a client of each wire says it. */
const clients: Readonly<Record<string, (asked: Asked) => ModelRequest>> = {
  chat: ({ limit, effort, budget }) =>
    chat(said({ max_tokens: limit, reasoning_effort: effort, thinking: thinking(budget) })),
  qwen: ({ limit, effort, budget }) =>
    chat(said({ max_completion_tokens: limit, reasoning_effort: effort, thinking_budget: budget })),
  messages: ({ limit, budget }) =>
    messages(said({ max_tokens: limit ?? 9, thinking: thinking(budget) })),
  responses: ({ limit, effort }) =>
    responses(said({ max_output_tokens: limit, reasoning: effort === null ? null : { effort } })),
  generate: ({ limit, budget }) =>
    generate({
      generationConfig: said({
        maxOutputTokens: limit,
        thinkingConfig: budget === null ? null : { thinkingBudget: budget },
      }),
    }),
};

function thinking(budget: number | null): object | null {
  return budget === null ? null : { type: "enabled", budget_tokens: budget };
}

/** Where a host is asked for a budget to think, and whose bodies go to it as they are: what fills the limit there is its client's mistake. */
const hosts: readonly {
  readonly kind: Parameters<typeof sentTo>[0];
  readonly to?: To;
  readonly own?: string;
  readonly budgetAt?: readonly string[];
}[] = [
  { kind: "anthropic", own: "messages", budgetAt: ["thinking", "budget_tokens"] },
  {
    kind: "gemini",
    to: { target: { model: "gemini-2.5-flash" } },
    own: "generate",
    budgetAt: ["generationConfig", "thinkingConfig", "thinkingBudget"],
  },
  { kind: "gemini", to: { target: { model: "gemini-3-flash" } } },
  { kind: "qwen", budgetAt: ["thinking_budget"] },
  { kind: "openai" },
  { kind: "openai", to: { provider: { api: "responses" } } },
  { kind: "deepseek" },
  { kind: "vllm" },
];

const names = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const;
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inner, name) => fieldsOf(inner)[name], value);

/** The limits that a body names, whatever its wire. */
function limitsIn({ body }: Sent): readonly unknown[] {
  const all = [
    ...names.map((name) => body[name]),
    at(body, ["generationConfig", "maxOutputTokens"]),
  ];
  return all.filter((limit) => limit !== undefined);
}

const tokens = fc.oneof(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 2, max: 100_000 }));
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });

test("no adapter asks for more tokens than the client and the plan allow", () => {
  const cases = fc.record({
    client: fc.constantFrom(...Object.keys(clients)),
    host: fc.constantFrom(...hosts),
    asked: fc.record({
      limit: maybe(tokens),
      effort: maybe(fc.constantFrom(...efforts)),
      budget: maybe(tokens),
    }),
    ceiling: maybe(tokens),
    most: maybe(tokens),
    set: maybe(fc.constantFrom(...efforts)),
    thinks: fc.constantFrom(...ways),
    rejectsEffort: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ client, host, asked, ceiling, most, set, thinks, rejectsEffort }) => {
      const { kind, to = {}, own, budgetAt } = host;
      const request = clients[client]?.(asked) as ModelRequest;
      const sent = sentTo(kind, request, {
        ...to,
        target: {
          ...to.target,
          ...(thinks === undefined ? {} : { thinking: thinks }),
          maxOutputTokens: most,
          rejectsEffort,
        },
        ...(set === null ? {} : { set: { reasoning_effort: set } }),
        ...(ceiling === null ? {} : { ceiling }),
        drops: true,
      });
      expect(sent.refused).toBeNull();
      const said = client === "messages" ? (asked.limit ?? 9) : asked.limit;
      const allowed = Math.min(...[said, ceiling].map((one) => one ?? Number.POSITIVE_INFINITY));
      const limits = limitsIn(sent);
      if (Number.isFinite(allowed)) expect(limits).toHaveLength(1);
      for (const limit of limits) expect(limit).toBeLessThanOrEqual(allowed);
      const budget = budgetAt === undefined || client === own ? undefined : at(sent.body, budgetAt);
      if (typeof budget === "number" && limits.length > 0)
        expect(budget).toBeLessThan(Number(limits[0]));
    }),
    { numRuns: 3000 },
  );
});
