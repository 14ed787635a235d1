import { describe, expect, test } from "vitest";
import type { Part, Turn } from "../../../../src/protocol/conversation.ts";
import { geminiProblem } from "../../../../src/stand-in/gemini-rules.ts";
import { call, prepared, result, text, thought, turn } from "./support.ts";

const third = "gemini-3.8-flash";
const second = "gemini-2.5-flash";
const sentinel = "skip_thought_signature_validator";
const image = (mediaType: string, path = "p.image"): Part => ({
  kind: "image",
  source: { kind: "data", mediaType, data: "AAAA" },
  detail: null,
  path,
});
const imageAt = (url: string): Part => ({
  kind: "image",
  source: { kind: "url", url },
  detail: null,
  path: "p.image",
});
const file = (fields: object): Part =>
  ({ kind: "file", name: null, context: null, cites: false, path: "p.file", ...fields }) as Part;
const inline = (mimeType: string) => ({ inlineData: { mimeType, data: "AAAA" } });
const called = (id: string, name: string, args: unknown, thoughtSignature?: string) => ({
  functionCall: { id, name, args },
  ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
});
const responded = (id: string, name: string, response: unknown) => ({
  functionResponse: { id, name, response },
});
const hi = turn("user", text("Hi"));
const said = (role: "user" | "model", ...parts: readonly unknown[]) => ({ role, parts });
const contentsOf = (turns: readonly Turn[], model = third) => {
  const { body, refused } = prepared({ turns }, model);
  expect(refused).toBeUndefined();
  expect(geminiProblem(body, model)).toBeNull();
  return body["contents"];
};

describe("the turns of a conversation", () => {
  test.each<[string, readonly Turn[], readonly unknown[]]>([
    ["one question", [hi], [said("user", { text: "Hi" })]],
    [
      "neighbours of one role, merged",
      [hi, turn("user", text("there")), turn("assistant", text("a")), turn("assistant", text("b"))],
      [
        said("user", { text: "Hi" }, { text: "there" }),
        said("model", { text: "a" }, { text: "b" }),
      ],
    ],
    [
      "empty text, left out",
      [turn("user", text(""), text("Hi")), turn("assistant", text("")), turn("user", text("?"))],
      [said("user", { text: "Hi" }, { text: "?" })],
    ],
    [
      "a beginning by the model, behind a turn of the user",
      [turn("assistant", text("a")), hi],
      [
        said("user", { text: "(The conversation goes on.)" }),
        said("model", { text: "a" }),
        said("user", { text: "Hi" }),
      ],
    ],
    [
      "a refusal, as text",
      [hi, turn("assistant", { kind: "refusal", text: "No.", path: "p" }), hi],
      [said("user", { text: "Hi" }), said("model", { text: "No." }), said("user", { text: "Hi" })],
    ],
    [
      "a named speaker, before the text",
      [{ ...hi, name: "Ann" }],
      [said("user", { text: "Ann: Hi" })],
    ],
    [
      "system text alone, as a question",
      [turn("system", text("Be kind."))],
      [said("user", { text: "Be kind." })],
    ],
  ])("%s", (_name, turns, contents) => {
    expect(contentsOf(turns)).toEqual(contents);
  });

  test("have their system text hoisted from wherever it stands", () => {
    const turns = [turn("system", text("A")), hi, turn("developer", text("B"))];
    expect(prepared({ turns }).body).toMatchObject({
      systemInstruction: { parts: [{ text: "A" }, { text: "B" }] },
      contents: [said("user", { text: "Hi" })],
    });
  });
});

describe("calls and results", () => {
  test.each<[string, readonly Turn[], readonly unknown[]]>([
    [
      "in parallel: answered in the order of the calls, by name, before other text",
      [
        hi,
        turn("assistant", call("a", "one", '{"x":1}', "c2ln"), call("b", "two", "")),
        turn("user", text("and?"), result("b", "B"), result("a", "A", true)),
      ],
      [
        said("user", { text: "Hi" }),
        said("model", called("a", "one", { x: 1 }, "c2ln"), called("b", "two", {})),
        said(
          "user",
          responded("a", "one", { error: "A" }),
          responded("b", "two", { output: "B" }),
          { text: "and?" },
        ),
      ],
    ],
    [
      "without a result: made up as an error",
      [hi, turn("assistant", call("a", "one", "{}", "c2ln")), turn("user", text("go on"))],
      [
        said("user", { text: "Hi" }),
        said("model", called("a", "one", {}, "c2ln")),
        said("user", responded("a", "one", { error: "No result was given." }), { text: "go on" }),
      ],
    ],
    [
      "at the end: answered all the same",
      [hi, turn("assistant", call("a", "one", "{}", "c2ln"))],
      [
        said("user", { text: "Hi" }),
        said("model", called("a", "one", {}, "c2ln")),
        said("user", responded("a", "one", { error: "No result was given." })),
      ],
    ],
    [
      "a result of no call, as text",
      [turn("user", result("z", "Z")), turn("assistant", text("ok")), hi],
      [
        said("user", { text: "(Result of an earlier tool call) Z" }),
        said("model", { text: "ok" }),
        said("user", { text: "Hi" }),
      ],
    ],
    [
      "arguments that are no object, kept",
      [hi, turn("assistant", call("a", "one", "[1", "c2ln")), turn("user", result("a", "A"))],
      [
        said("user", { text: "Hi" }),
        said("model", called("a", "one", { _raw: "[1" }, "c2ln")),
        said("user", responded("a", "one", { output: "A" })),
      ],
    ],
    [
      "one id used twice, paired turn by turn",
      [
        hi,
        turn("assistant", call("f", "one", "{}", "c2ln")),
        turn("user", result("f", "1")),
        turn("assistant", call("f", "two", "{}", "c2ln")),
        turn("user", result("f", "2")),
      ],
      [
        said("user", { text: "Hi" }),
        said("model", called("f", "one", {}, "c2ln")),
        said("user", responded("f", "one", { output: "1" })),
        said("model", called("f", "two", {}, "c2ln")),
        said("user", responded("f", "two", { output: "2" })),
      ],
    ],
  ])("%s", (_name, turns, contents) => {
    expect(contentsOf(turns)).toEqual(contents);
  });

  test.each<[string, string, string | null, string | undefined]>([
    ["a signed call keeps its signature", third, "c2ln", "c2ln"],
    ["a call of another model gets the documented stand-in", third, null, sentinel],
    ["a signature that is no base64 counts as none", third, "not base64!", sentinel],
    ["an older model gets none", second, null, undefined],
  ])("%s", (_name, model, signature, sent) => {
    const turns = [
      hi,
      turn("assistant", call("a", "f", "{}", signature), call("b", "g")),
      turn("user", result("a", "A"), result("b", "B")),
    ];
    const [, model1] = contentsOf(turns, model) as { parts: { thoughtSignature?: string }[] }[];
    expect(model1?.parts.map((part) => part.thoughtSignature)).toEqual([sent, undefined]);
  });

  test("an image in a result stands inside it, or beside it for older models", () => {
    const seen: Part = {
      kind: "result",
      callId: "a",
      parts: [{ kind: "text", text: "A", path: "p" }, image("image/png") as never],
      isError: false,
      path: "p",
    };
    const turns = [hi, turn("assistant", call("a", "f")), turn("user", seen, text("?"))];
    const last = (model: string) => (contentsOf(turns, model) as unknown[]).at(-1);
    const response = { id: "a", name: "f", response: { output: "A" } };
    expect(last(third)).toEqual(
      said(
        "user",
        { functionResponse: { ...response, parts: [inline("image/png")] } },
        { text: "?" },
      ),
    );
    expect(last(second)).toEqual(
      said("user", { functionResponse: response }, inline("image/png"), { text: "?" }),
    );
  });
});

describe("thinking in the history", () => {
  const by = (model: string, fields: object) => thought({ model, signature: "c2ln", ...fields });
  test.each<[string, readonly Part[], readonly unknown[]]>([
    [
      "of this model, signed",
      [by(third, { text: "Hm." }), text("a")],
      [{ text: "Hm.", thought: true, thoughtSignature: "c2ln" }, { text: "a" }],
    ],
    [
      "of a version of this model",
      [by(`${third}-001`, { text: "Hm." })],
      [{ text: "Hm.", thought: true, thoughtSignature: "c2ln" }],
    ],
    [
      "a signature after its text",
      [text("a"), by(third, {})],
      [{ text: "a", thoughtSignature: "c2ln" }],
    ],
    [
      "a signature before its text",
      [by(third, {}), text("a"), text("b")],
      [{ text: "a", thoughtSignature: "c2ln" }, { text: "b" }],
    ],
    ["a signature of nothing else", [by(third, {})], [{ text: "", thoughtSignature: "c2ln" }]],
    ["of another model", [by("claude", { text: "Hm." }), text("a")], [{ text: "a" }]],
    ["of a sibling", [by(`${third}-lite`, { text: "Hm." }), text("a")], [{ text: "a" }]],
    [
      "of nobody knows whom",
      [thought({ text: "Hm.", signature: "c2ln" }), text("a")],
      [{ text: "a" }],
    ],
    ["unsigned", [thought({ text: "Hm.", model: third }), text("a")], [{ text: "a" }]],
  ])("%s", (_name, parts, sent) => {
    const contents = contentsOf([hi, turn("assistant", ...parts), hi]);
    expect((contents as unknown[])[1]).toEqual(said("model", ...sent));
  });
});

describe("media", () => {
  test.each<[string, Part, unknown]>([
    ["an image", image("image/jpg"), inline("image/jpeg")],
    ["sound", { kind: "audio", data: "AAAA", format: "wav", path: "p" }, inline("audio/wav")],
    [
      "sound in mp3",
      { kind: "audio", data: "AAAA", format: "mp3", path: "p" },
      inline("audio/mp3"),
    ],
    [
      "a PDF",
      file({ source: { kind: "data", mediaType: "application/pdf; x=y", data: "AAAA" } }),
      inline("application/pdf"),
    ],
    ["a file of text", file({ source: { kind: "text", text: "abc" } }), { text: "abc" }],
    [
      "a file left with the provider",
      file({ source: { kind: "id", id: "files/a-1" } }),
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/a-1" } },
    ],
    [
      "an address that the provider fetches from",
      imageAt("gs://bucket/a.png"),
      { fileData: { fileUri: "gs://bucket/a.png" } },
    ],
    [
      "what is at home on this wire",
      {
        kind: "foreign",
        dialect: "generate",
        type: "executableCode",
        value: { executableCode: { language: "PYTHON", code: "1" } },
        path: "p",
      },
      { executableCode: { language: "PYTHON", code: "1" } },
    ],
  ])("%s is carried", (_name, part, sent) => {
    expect(contentsOf([turn("user", part)])).toEqual([said("user", sent)]);
  });

  test("what is told beside a file stands before it", () => {
    const told = file({ source: { kind: "text", text: "abc" }, context: "A letter." });
    expect(contentsOf([turn("user", told)])).toEqual([
      said("user", { text: "A letter." }, { text: "abc" }),
    ]);
  });

  test.each<[string, Part]>([
    ["p.image", image("image/gif")],
    ["p.image", imageAt("https://example.com/a.png")],
    ["p.file", file({ source: { kind: "id", id: "file-123" } })],
    ["p.file", file({ source: { kind: "text", text: "abc" }, cites: true })],
    ["p.x", { kind: "foreign", dialect: "messages", type: "x", value: {}, path: "p.x" }],
  ])("%s is refused by name, or left out where the policy says so", (param, part) => {
    const turns = [turn("user", text("Hi"), part)];
    expect(prepared({ turns }).refused).toBe(param);
    const dropped = prepared({ turns }, third, { drops: true });
    expect(dropped.refused).toBeUndefined();
    expect(geminiProblem(dropped.body, third)).toBeNull();
  });
});
