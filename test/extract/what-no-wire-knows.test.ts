import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eachText } from "../../src/extract/body-facts.ts";
import { holdsPii } from "../../src/meaning/pii.ts";
import { leftoversOfGenerate } from "../../src/surface/generate/leftovers.ts";
import { leftoversOfMessages } from "../../src/surface/messages/leftovers.ts";
import { leftoversOfResponses } from "../../src/surface/responses/leftovers.ts";
import { whole } from "./whole-bodies.ts";
import { items, type Loose, type Wire, wires } from "./wires.ts";

const said = "write to alice.smith@example.com today";

/** Copies of a value, each with something beside what one of its objects holds, and where that is. */
function* beside(value: unknown, odd: Loose, path = ""): Generator<readonly [string, unknown]> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries())
      for (const [where, copy] of beside(item, odd, `${path}[${at}]`))
        yield [where, value.with(at, copy)];
  } else if (typeof value === "object" && value !== null) {
    yield [path, { ...value, ...odd }];
    for (const [name, inner] of Object.entries(value))
      for (const [where, copy] of beside(inner, odd, path === "" ? name : `${path}.${name}`))
        yield [where, { ...value, [name]: copy }];
  }
}

const textsOf = (wire: Wire, body: Loose): readonly string[] => {
  const texts: string[] = [];
  eachText(wires[wire](body).body, (text) => texts.push(text));
  return texts;
};

const places = (odd: Loose): readonly (readonly [Wire, string, Loose])[] =>
  Object.entries(whole).flatMap(([wire, body]) =>
    [...beside(body, odd)].map(([where, copy]) => [wire as Wire, where, copy as Loose] as const),
  );

/** Summaries are left over beside a thought that is told in full. */
const withoutSummary = (body: Loose): Loose => ({
  ...body,
  input: (body["input"] as readonly Loose[]).map(({ summary: _, ...item }) => item),
});

describe("what is sent beside all that a wire knows", () => {
  test.each(places({ note: said }))("%s: a note in `%s` is looked at", (wire, _, body) => {
    expect(textsOf(wire, body)).toContainEqual(expect.stringContaining(said));
  });

  test("the same under any name and at any depth", () => {
    const odd = fc.constantFrom("constructor", "__proto__", "alice.smith@example.com");
    const name = fc.oneof(
      odd,
      fc.string().map((text) => `x${text}`),
    );
    const deep = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant(said),
        fc.array(tie("value"), { minLength: 1, maxLength: 2 }),
        fc.record({ inner: tie("value") }),
      ),
    })).value;
    fc.assert(
      fc.property(name, deep, fc.nat(), (given, value, at) => {
        const all = places({ [given]: value });
        const [wire, , body] = all[at % all.length] ?? ["chat", "", {}];
        expect(textsOf(wire, body).some(holdsPii)).toBe(true);
      }),
    );
  });

  test("of ordinary requests nothing is left over", () => {
    expect([
      ...leftoversOfMessages(whole.messages),
      ...leftoversOfResponses(withoutSummary(whole.responses)),
      ...leftoversOfGenerate(whole.generate),
    ]).toEqual([]);
    for (const [wire, body] of Object.entries(whole))
      expect(textsOf(wire as Wire, body as Loose).some(holdsPii)).toBe(false);
  });

  test.each<[Wire, Loose]>([
    ["chat", { stop: [said] }],
    ["chat", { stop: said }],
    ["chat", { chat_template_kwargs: { model_identity: said } }],
    ["messages", { stop_sequences: [said] }],
    [
      "messages",
      {
        output_config: { format: { type: "json_schema", schema: {} } },
        output_format: { type: "json_schema", schema: { description: said } },
      },
    ],
    ["generate", { generationConfig: { stopSequences: [said] } }],
    [
      "generate",
      { generationConfig: { responseSchema: { description: said }, responseJsonSchema: {} } },
    ],
    [
      "generate",
      {
        tools: [
          {
            functionDeclarations: [
              { name: "f", parameters: { description: said }, parametersJsonSchema: {} },
            ],
          },
        ],
      },
    ],
    [
      "generate",
      {
        contents: [
          { parts: [{ inlineData: { mimeType: "image/png", data: "AAAA", displayName: said } }] },
        ],
      },
    ],
    [
      "responses",
      items({
        role: "user",
        content: [{ type: "input_image", image_url: "https://x/y.png", file_id: said }],
      }),
    ],
    [
      "responses",
      items({ role: "user", content: [{ type: "input_file", file_data: "QUJD", file_url: said }] }),
    ],
    [
      "responses",
      items({
        role: "user",
        content: [{ type: "input_file", file_url: "https://x/y.pdf", file_id: said }],
      }),
    ],
    ["responses", { chat_template_kwargs: { model_identity: said } }],
  ])("%s: %j is looked at", (wire, body) => {
    expect(textsOf(wire, body)).toContainEqual(expect.stringContaining(said));
  });

  test.each<[Wire, Loose]>([
    [
      "chat",
      { user: said, metadata: { a: said }, safety_identifier: said, prompt_cache_key: said },
    ],
    ["messages", { metadata: { user_id: said } }],
    ["responses", { user: said, metadata: { a: said } }],
    ["generate", { labels: { a: said } }],
  ])("%s: %j is for the client's own use and is not looked at", (wire, body) => {
    expect(textsOf(wire, body).join()).not.toContain(said);
  });
});
