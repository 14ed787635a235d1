import { expect, test } from "vitest";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { explainSnapshot } from "../../src/explain/explain-snapshot.ts";
import { createExtractor } from "../../src/extract/extractor.ts";
import { takeSnapshot } from "../../src/gateway/take-snapshot.ts";
import { createFrame } from "../../src/language/program/frame.ts";
import { flatPrice } from "../support/analysing.ts";
import { vocabulary } from "../support/checking.ts";
import { aContext, aProgram } from "../support/extraction.ts";

const targets = new Map(vocabulary.targets);
const configuration = { ...defaultConfiguration(), targets, facts: vocabulary.facts };

async function taken(
  text: string,
  sick: readonly string[] = [],
  ratios: Readonly<Record<string, number>> = {},
) {
  const made = aProgram(text, vocabulary);
  const extractor = createExtractor(made.program, vocabulary);
  const live = {
    healthy: (target: string) => !sick.includes(target),
    measured: (target: string, measure: string) => (measure === "queue" ? target.length : 7),
  };
  const decider = { name: "main", ...made, extractor, further: null };
  const snapshot = await takeSnapshot(decider, createFrame(made.program.operands.length), {
    context: aContext({ max_tokens: 30 }, { live, tokenRatio: (target) => ratios[target] }),
    seed: 5,
    targets,
    defaults: configuration.dispatch,
  });
  return { made, ...snapshot };
}

test("what is not healthy is recorded, so that the choice is explained as it was made", async () => {
  const {
    made,
    snapshot,
    targets: chosen,
  } = await taken(
    "otherwise least-busy of [gpt, qwen, claude] fallback any of [gpt, qwen, claude]",
    ["gpt", "claude"],
  );
  expect(snapshot.facts).toMatchObject({ "gpt.healthy": false, "claude.healthy": false });
  expect(snapshot.facts).not.toHaveProperty("qwen.healthy");
  const { explanation } = explainSnapshot(made, configuration, snapshot);
  expect(chosen).toEqual(["qwen"]);
  expect(explanation.decision.targets).toEqual(["qwen"]);
  expect(explanation.steps[0]?.candidates).toMatchObject([
    { target: "gpt", result: "refused", why: "it is not healthy" },
    { target: "qwen", result: "chosen" },
    { target: "claude", result: "refused", why: "it is not healthy" },
  ]);
});

test("what was measured is recorded, by every way to choose", async () => {
  const {
    made,
    snapshot,
    targets: chosen,
  } = await taken(
    "otherwise fastest of [gpt, qwen] where queue < 4 fallback least-busy of [claude, local-gpu]",
  );
  expect(snapshot.facts).toMatchObject({
    "gpt.ttft": 7,
    "gpt.queue": 3,
    "qwen.queue": 4,
    "claude.queue": 6,
    max_tokens: 30,
  });
  const { explanation, lacking } = explainSnapshot(made, configuration, snapshot);
  expect(explanation.decision.targets).toEqual(chosen);
  expect(lacking).toEqual([]);
});

test("the client's ceiling on the answer is recorded though nothing asks for it", async () => {
  expect((await taken("otherwise gpt")).snapshot.facts).toEqual({ max_tokens: 30 });
  const own = await taken("if max_tokens > 5 then gpt else qwen");
  expect(own.snapshot.facts).toEqual({ max_tokens: 30 });
});

test("what asked first is told, and what nobody asked for is left out", async () => {
  const { made, snapshot } = await taken(
    'never claude when code\nalso if prompt matches /hello/ with tag "x"\nif intent is write then gpt else cheapest of [claude, qwen] where language is "en"\n',
  );
  expect(snapshot.asked).toEqual({
    intent: "rules",
    code: "beside",
    "prompt matches /hello/": "beside",
    language: "plan",
  });
  const { explanation } = explainSnapshot(made, configuration, snapshot);
  expect(explanation.dear.map(({ fact, result }) => `${fact} ${result}`)).toEqual(
    expect.arrayContaining(["intent read", "code read"]),
  );
});

test("a choice by cost counts as the target counts, and is explained from its record alike", async () => {
  const priced = vocabulary.targets.get("gpt");
  const dear = vocabulary.targets.get("claude");
  if (priced === undefined || dear === undefined) throw new Error("they are among the targets");
  targets.set("gpt", { ...priced, prices: flatPrice(1_000_000, 0) });
  targets.set("claude", { ...dear, prices: flatPrice(1_100_000, 0) });
  const text = "otherwise cheapest of [gpt, claude]";
  const before = await taken(text);
  const [first = ""] = before.targets;
  const after = await taken(text, [], { [first]: 1.5 });
  expect(after.targets).not.toEqual(before.targets);
  expect(after.snapshot.facts).toMatchObject({ [`${first}.token_ratio`]: 1.5 });
  const { explanation } = explainSnapshot(after.made, configuration, after.snapshot);
  expect(explanation.decision.targets).toEqual(after.targets);
  const forgotten = { ...after.snapshot, facts: { ...after.snapshot.facts } };
  delete (forgotten.facts as Record<string, unknown>)[`${first}.token_ratio`];
  const without = explainSnapshot(after.made, configuration, forgotten);
  expect(without.explanation.decision.targets).toEqual(before.targets);
});
