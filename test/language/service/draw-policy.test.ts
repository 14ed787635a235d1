import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkBenchPolicy, keyedPolicyText } from "../../../src/bench/keyed-policy.ts";
import { loadBeside, openWorkspace, readSource } from "../../../src/cli/workspace.ts";
import type { FactValue } from "../../../src/facts/fact.ts";
import type { CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { type LoweringLimits, lower } from "../../../src/language/graph/lower.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { checkSource } from "../../../src/language/service/check-source.ts";
import { toDot } from "../../../src/language/service/draw-dot.ts";
import { toMermaid } from "../../../src/language/service/draw-mermaid.ts";
import { type DrawingPart, drawPolicy } from "../../../src/language/service/draw-policy.ts";
import { toSvg } from "../../../src/language/service/draw-svg.ts";
import type { Drawing } from "../../../src/language/service/drawing.ts";
import { toDrawingJson } from "../../../src/language/service/drawing-json.ts";
import { soundPolicy } from "../../support/checking.ts";
import { policyAndFacts, randomPolicy } from "../../support/random-policy.ts";
import { boxesOf, overlapping, readSvg } from "../../support/svg.ts";

const formats = { mermaid: toMermaid, dot: toDot, svg: toSvg, json: toDrawingJson };

const smallBlocks: LoweringLimits = { states: 4, statesPerBranch: 0, statesOfRule: 512 };

function drawingOf(text: string, part: DrawingPart = {}, layout?: LoweringLimits): Drawing {
  const policy = soundPolicy(text);
  return drawPolicy(policy, lower(policy, layout), part);
}

const whole = `pool europe = mistral-eu, local-gpu

never target.region is not eu when pii
ensure every plan has fallback

rule "personal data stays in Europe":
  if pii is not false then any of europe fallback mistral-eu on rate_limited or bad_output
  with timeout 10s, retry 1
rule "code":
  if intent is code and tokens < 8k then claude fallback gpt
  else if grade is free then reject 429 "not for free"
also if grade is free with limit 20 per minute by user, max_tokens 1k
otherwise claude fallback qwen
`;

const golden: [string, Drawing][] = [
  [
    "hybrid",
    drawingOf("if tokens < 200 and intent=classify then local-gpu else claude fallback qwen"),
  ],
  ["whole", drawingOf(whole)],
  ["blocks", drawingOf(whole, {}, smallBlocks)],
  ["table", drawingOf(whole, { limits: { tests: 0, edges: 0, rows: 3 } })],
];

describe.each(golden)("the drawing %s", (name, drawing) => {
  test.each(Object.entries(formats))(
    "as %s is what the golden file shows",
    async (format, print) => {
      // A hash changes with the identity of policies, which is no matter of a drawing.
      const named = { ...drawing, policy: { name, hash: "0123456789abcdef" } };
      await expect(print(named)).toMatchFileSnapshot(`../../golden/graph/${name}.${format}.golden`);
    },
  );
});

const { configuration } = openWorkspace(undefined, "policies/hybrid.policy");

function opened(file: string): CheckedPolicy {
  const { policy } = checkSource(readSource(file), configuration, loadBeside);
  if (policy === null) throw new Error(`${file} has errors`);
  return policy;
}

describe.each(globSync("policies/*.policy").toSorted())("%s", (file) => {
  const policy = opened(file);
  const drawing = drawPolicy(policy, lower(policy));
  const nodes = [...drawing.tests, ...drawing.rows];

  test("is drawn whole, with a row for each outcome in source order", () => {
    expect(drawing).toMatchObject({ form: "diagram", notes: [] });
    expect(drawing.rows.map(({ id }) => id)).toEqual(policy.branches.map((_, at) => `b${at}`));
    const lines = drawing.rows.map(({ rules }) => rules[0]?.line ?? 0);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(drawing.rows.every(({ reached }) => reached)).toBe(true);
  });

  test("begins at its root, and every edge leads from a test to a test or a row", () => {
    const ids = new Set(nodes.map(({ id }) => id));
    expect(ids.size).toBe(nodes.length);
    expect(ids).toContain(drawing.root);
    const tests = new Set(drawing.tests.map(({ id }) => id));
    for (const { from, to } of drawing.edges)
      expect([tests.has(from), ids.has(to)]).toEqual([true, true]);
    const led = new Set([drawing.root, ...drawing.edges.map(({ to }) => to)]);
    expect(nodes.map(({ id }) => id).filter((id) => !led.has(id))).toEqual([]);
  });

  test("marks as dear what is read from a text or by a model, and nothing else", () => {
    const dear = new Set([
      "intent",
      "difficulty",
      "confidence",
      "prompt",
      "system",
      "language",
      "code",
    ]);
    for (const each of drawing.tests) {
      const isDear = dear.has(each.operand.split(" ")[0] ?? "") || each.operand === "pii";
      expect([each.operand, each.dear]).toEqual([each.operand, isDear && each.costClass >= 2]);
    }
  });

  test("the SVG is well-formed, nothing lies upon anything else, and all is within the page", () => {
    const svg = readSvg(toSvg(drawing));
    const { texts, labels, cards, page } = boxesOf(svg);
    expect(overlapping(texts)).toEqual([]);
    expect(overlapping(cards)).toEqual([]);
    expect(labels.flatMap((label) => cards.flatMap((card) => overlapping([label, card])))).toEqual(
      [],
    );
    const outside = [...texts, ...cards].filter(
      ({ left, top, right, bottom }) =>
        left < 0 || top < 0 || right > page.right || bottom > page.bottom,
    );
    expect(outside).toEqual([]);
  });
});

test("the edge of an unknown fact is dashed in every format, and no other edge is", () => {
  const drawing = drawingOf(whole);
  const unknown = drawing.edges.filter((edge) => edge.unknown);
  expect(unknown.length).toBeGreaterThan(0);
  expect(unknown.every(({ label }) => label === "unknown")).toBe(true);
  expect(toMermaid(drawing).match(/-\.->/g)).toHaveLength(unknown.length);
  expect(toDot(drawing).match(/style=dashed/g)).toHaveLength(unknown.length);
  expect(toDrawingJson(drawing).match(/"unknown": true/g)).toHaveLength(unknown.length);
  const dashed = toSvg(drawing).match(/class="line unknown"/g) ?? [];
  // One more stands in the legend.
  expect(dashed.length).toBeGreaterThanOrEqual(unknown.length + 1);
  expect(toSvg(drawing)).toContain(".unknown{stroke-dasharray:5 4}");
});

test("a plan lists the alsos that some request of its can meet, and no other", () => {
  const drawing = drawingOf(`
    if grade is free and tokens < 200 then claude
    if grade is pro then gpt
    also if grade is free with max_tokens 1k
    also if grade is free and tokens >= 200 with retry 0
    also if stream with retry 1
    otherwise qwen`);
  expect(drawing.rows.map(({ alsos }) => alsos)).toEqual([
    ["also-1", "also-3"],
    ["also-3"],
    ["also-1", "also-2", "also-3"],
  ]);
});

test("where rules and alsos are too many to be held against each other, every plan lists all, and it is said", () => {
  const rules = Array.from({ length: 60 }, (_, at) => `if team is t${at} then claude`);
  const alsos = Array.from({ length: 40 }, (_, at) => `also if team is t${at} with tag x${at}`);
  const { rows, notes } = drawingOf([...rules, ...alsos, "otherwise gpt"].join("\n"));
  expect(rows.every((row) => row.alsos.length === 40)).toBe(true);
  expect(notes).toEqual([expect.stringContaining("every plan lists every `also`")]);
});

describe("a part", () => {
  const policy = soundPolicy(whole);
  const graph = lower(policy);
  const at = (key: string): number => policy.operands.findIndex((operand) => operand.key === key);

  test("by known facts has neither their tests nor the rows that no such request reaches", () => {
    const settled = new Map<number, FactValue>([
      [at("pii"), false],
      [at("intent"), "chat"],
    ]);
    const drawing = drawPolicy(policy, graph, { settled });
    expect(drawing.tests.map(({ operand }) => operand)).toEqual(["grade"]);
    expect(drawing.rows.map(({ id }) => id)).toEqual(["b2", "b3"]);
    expect(drawing.notes).toEqual([
      "Drawn for requests where pii is false and intent is chat.",
      "Left out: 2 of 4 outcomes, which no such request reaches.",
    ]);
  });

  test("by known facts lists no also that they rule out", () => {
    const pro = drawPolicy(policy, graph, { settled: new Map([[at("grade"), "pro"]]) });
    expect(pro.rows.map(({ alsos }) => alsos)).toEqual([[], [], []]);
    const free = drawPolicy(policy, graph, { settled: new Map([[at("grade"), "free"]]) });
    expect(free.rows.map(({ alsos }) => alsos)).toEqual([["also-1"], ["also-1"], []]);
  });

  test("by an unknown fact takes its dashed edges", () => {
    const drawing = drawPolicy(policy, graph, { settled: new Map([[at("pii"), undefined]]) });
    expect(drawing.rows.map(({ id }) => id)).toEqual(["b0"]);
    expect(drawing.root).toBe("b0");
    expect(toMermaid(drawing)).toContain("b0[");
  });

  test("by a rule has one end for every other, and what parts the rule from them", () => {
    const drawing = drawPolicy(policy, graph, { rule: "personal-data-stays-in-europe" });
    expect(drawing.tests.map(({ operand }) => operand)).toEqual(["pii"]);
    expect(drawing.rows.map(({ id }) => id)).toEqual(["b0", "elsewhere"]);
  });
});

test("what known facts leave is what the interpreter can still decide", () => {
  fc.assert(
    fc.property(policyAndFacts(), ({ policy, requests }) => {
      const [facts = []] = requests;
      const settled = new Map(facts.map((value, operand) => [operand, value]));
      const drawing = drawPolicy(policy, lower(policy), { settled });
      expect(drawing.root).toBe(`b${interpret(policy, (operand) => facts[operand])}`);
    }),
  );
});

describe("too much to be read", () => {
  const policy = checkBenchPolicy(keyedPolicyText(1_000));
  const drawing = drawPolicy(policy, lower(policy));

  test("becomes a list of the rules, says so, and stays small in every format", () => {
    expect(drawing).toMatchObject({ form: "table", root: null, tests: [], edges: [] });
    expect(drawing.notes[0]).toContain("too large");
    expect(drawing.rows).toHaveLength(1_001);
    for (const print of Object.values(formats)) expect(print(drawing).length).toBeLessThan(1e6);
    // Mermaid's own limits (maxTextSize and maxEdges of its configuration).
    expect(toMermaid(drawing).length).toBeLessThan(50_000);
    expect(toMermaid(drawing).match(/-->/g)?.length).toBeLessThan(500);
  });

  test("a known team makes a picture of it again", () => {
    const team = policy.operands.findIndex(({ key }) => key === "team");
    const part = drawPolicy(policy, lower(policy), { settled: new Map([[team, "team-3"]]) });
    expect(part.form).toBe("diagram");
    expect(part.rows).toHaveLength(5);
  });

  test("rules of one plan are drawn as one where that is enough", () => {
    const text = `${Array.from({ length: 30 }, (_, at) => `if team is t${at} then ${at % 2 === 0 ? "claude" : "gpt"}`).join("\n")}\notherwise qwen`;
    const merged = drawingOf(text, { limits: { tests: 5, edges: 10, rows: 10 } });
    expect(merged.form).toBe("merged");
    expect(merged.rows.map(({ rules }) => rules.length)).toEqual([15, 15, 1]);
    expect(merged.notes[0]).toContain("drawn as one");
  });
});

describe("names from anywhere", () => {
  const hostile = [
    '<script>alert("1")</script>',
    "]]> & &amp; #35; `code` **bold** _it_ ~x~",
    "1. first",
    "- dash",
    "日本語のルール 🚀👩‍👩‍👧 Ελληνικά",
    "\u202eright to left\u0007\u0000",
    "\\ back \\n \\",
    "a very long name ".repeat(60),
    "x".repeat(3_000),
  ];
  const [base] = hostile.map(() => soundPolicy(whole));
  const policy = {
    ...base!,
    rules: base!.rules.map((rule, at) => ({ ...rule, name: hostile[at] ?? null })),
  };

  test.each(hostile)("break no picture: %j", (name) => {
    const named = { ...policy, rules: policy.rules.map((rule) => ({ ...rule, name })) };
    const drawing = drawPolicy(named, lower(named));
    const { texts } = boxesOf(readSvg(toSvg(drawing)));
    expect(overlapping(texts)).toEqual([]);
    for (const line of toMermaid(drawing).split("\n")) {
      expect(line.replaceAll(/"[^"<>]*(?:<br\/>[^"<>]*)*"/g, "")).not.toMatch(/["<`]|script/);
    }
    for (const line of toDot(drawing).split("\n")) {
      expect(line.replaceAll(/"(?:[^"\\]|\\.)*"/g, "")).not.toContain('"');
    }
    expect(JSON.parse(toDrawingJson(drawing))).toMatchObject({ v: 1 });
  });
});

test("of any policy the SVG is well-formed and its texts lie apart", () => {
  fc.assert(
    fc.property(randomPolicy(), fc.boolean(), (policy, inBlocks) => {
      const drawing = drawPolicy(policy, lower(policy, inBlocks ? smallBlocks : undefined));
      const { texts, labels, cards, page } = boxesOf(readSvg(toSvg(drawing)));
      expect(overlapping(texts)).toEqual([]);
      expect(overlapping(cards)).toEqual([]);
      const onCards = labels.flatMap((label) =>
        cards.flatMap((card) => overlapping([label, card])),
      );
      expect(onCards).toEqual([]);
      expect(Math.max(...texts.map(({ right }) => right))).toBeLessThanOrEqual(page.right);
    }),
    { numRuns: 60 },
  );
});

test("the picture is drawn in dark colours too, names itself, and loads nothing", () => {
  const svg = toSvg(drawingOf(whole));
  expect(svg).toContain("@media (prefers-color-scheme:dark)");
  expect(svg).toMatch(/<title id="title">The decision graph of test@[0-9a-f]{16}<\/title>/);
  expect(svg).toMatch(/<desc id="desc">\d+ tests lead to 4 outcomes/);
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
    /https?:|<script|@import|href/,
  );
});

test("the language reference describes every field of the JSON", () => {
  const reference = readFileSync("grammar/README.md", "utf8");
  const described = reference.slice(
    reference.indexOf("<!-- drawing -->"),
    reference.indexOf("<!-- /drawing -->"),
  );
  const keys = new Set<string>();
  JSON.stringify(JSON.parse(toDrawingJson(drawingOf(whole))), (key, value) => {
    if (key !== "" && !/^\d+$/.test(key)) keys.add(key);
    return value;
  });
  expect([...keys].filter((key) => !described.includes(`\`${key}\``))).toEqual([]);
});
