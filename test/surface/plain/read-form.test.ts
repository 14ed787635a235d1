import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mediaOf } from "../../../src/extract/media.ts";
import { boundTokens } from "../../../src/extract/token-facts.ts";
import { readForm } from "../../../src/surface/plain/read-form.ts";
import type { PlainApi } from "../../../src/surface/plain/read-plain.ts";

const sound: PlainApi = {
  path: "/audio/transcriptions",
  what: "sound to be written down",
  dialect: "plain",
  needsModel: true,
  takesForms: true,
  asked: ["prompt", "file"],
  needs: [],
};
const image: PlainApi = { ...sound, path: "/images/edits", asked: ["prompt", "image", "image[]"] };

const type = "multipart/form-data; boundary=B";
const named = (name: string) => `form-data; name="${name}"`;
const field = (head: string, value: string, more = "") =>
  `--B\r\nContent-Disposition: ${head}\r\n${more}\r\n${value}\r\n`;
const model = field(named("model"), "m");
const bytesOf = (body: string) => new Uint8Array(Buffer.from(`${body}--B--\r\n`, "latin1"));
const read = (body: string, api = sound, contentType = type) =>
  readForm(api, bytesOf(body), contentType);
const requestOf = (body: string, api = sound) => {
  const got = read(body, api);
  if (!got.ok) throw new Error(got.problem.message);
  return got.request;
};
const textsOf = (body: string, api = sound) => {
  const content = requestOf(body, api).body.messages[0]?.content ?? [];
  return typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? []);
};

describe("a form that can be read in more than one way is refused", () => {
  const hidden = field('form-data; x="; name=b"; name="model"', "dear");
  test.each([
    ["a model behind a name in quotes", model + hidden],
    ["the same alone", hidden],
    ["a model twice", model + model],
    ["a prompt twice", model + field(named("prompt"), "a") + field(named("prompt"), "b")],
    [
      "a prompt as text and as a file",
      model + field(named("prompt"), "a") + field(`${named("prompt")}; filename="p"`, "b"),
    ],
    ["a model in a file", field(`${named("model")}; filename="m"`, "m")],
    ["a name twice", model + field('form-data; name="a"; name="model"', "dear")],
    [
      "a name in another spelling",
      model + field(`form-data; name="a"; name*=utf-8''model`, "dear"),
    ],
    [
      "two heads that name it",
      model + field(named("a"), "dear", `Content-Disposition: ${named("model")}\r\n`),
    ],
    ["a quote behind a backslash", model + field('form-data; name="a\\"; name="model"', "dear")],
    ["no name", model + field("form-data", "x")],
    ["another disposition", model + field('attachment; name="a"', "x")],
    ["a head that goes on in the next line", model + field('form-data;\r\n name="a"', "x")],
    ["a head that is none", model + field(named("a"), "x", "nothing\r\n")],
    ["a lone line feed in a head", model + field(`${named("a")}\nX: y`, "x")],
    [
      "an encoded value",
      model + field(named("a"), "bW9kZWw=", "Content-Transfer-Encoding: base64\r\n"),
    ],
    ["something before the first field", `hello\r\n${model}`],
    [
      "more fields than any API takes",
      model + Array.from({ length: 64 }, (_, at) => field(named(`f${at}`), "")).join(""),
    ],
  ])("%s", (_, body) => {
    expect(read(body)).toMatchObject({ ok: false, problem: { status: 400, code: "invalid_form" } });
  });

  test("something behind the end", () => {
    const body = `${model}--B--\r\n${model}`;
    expect(read(body)).toMatchObject({ ok: false });
  });

  test.each([
    "multipart/form-data; boundary=A; boundary=B",
    "multipart/form-data",
    'multipart/form-data; boundary="B',
  ])("a mark that %s does not tell", (contentType) =>
    expect(read(model, sound, contentType)).toMatchObject({ ok: false }),
  );
});

test.each([
  ["a name as a word", field("form-data; name=model", "m")],
  ["a head in capitals", '--B\r\nCONTENT-DISPOSITION: FORM-DATA; NAME="model"\r\n\r\nm\r\n'],
  [
    "lists that stand twice",
    model + field(named("include[]"), "a") + field(named("include[]"), "b"),
  ],
  [
    "several pictures",
    model +
      field(`${named("image")}; filename="a"`, "x") +
      field(`${named("image")}; filename="b"`, "y"),
  ],
  [
    "a file with two names",
    model + field(`${named("file")}; filename="a"; filename*=utf-8''a`, "x"),
  ],
  ["a line break before the first field", `\r\n${model}`],
])("%s is taken", (_, body) => {
  expect(requestOf(body).body.model).toBe("m");
});

test("only the value of the model changes on its way, wherever it stands", () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/).filter((each) => each !== "model");
  const value = fc
    .string({ unit: fc.constantFrom("\r", "\n", "-", "B", "a", "\r\n--") })
    .filter((each) => !`\r\n${each}\r\n`.includes("\r\n--B"));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, value), { selector: ([each]) => each, maxLength: 5 }),
      fc.nat(5),
      (others, at) => {
        const fields = others.map(([each, said]) => field(named(each), said));
        const form = (said: string) =>
          [...fields.slice(0, at), field(named("model"), said), ...fields.slice(at)].join("");
        const request = requestOf(form("m"));
        expect(request.native).toEqual({ ...Object.fromEntries(others), model: "m" });
        expect(Buffer.from(request.relayed?.withModel("other") ?? "")).toEqual(
          Buffer.from(bytesOf(form("other"))),
        );
      },
    ),
  );
});

describe("what a form holds is seen", () => {
  const secret = "write to alice@example.com";
  test.each([
    ["a field that is asked", field(named("prompt"), secret)],
    [
      "one that is sent as a file",
      field(`${named("prompt")}; filename="p.txt"`, secret, "Content-Type: text/plain\r\n"),
    ],
    ["one whose file says nothing", field(`${named("prompt")}; filename="p"`, secret)],
    ["one that nobody knows", field(named("negative_prompt"), secret)],
    [
      "text in the place of sound",
      field(`${named("file")}; filename="a.wav"`, secret, "Content-Type: text/plain\r\n"),
    ],
  ])("%s", (_, body) => expect(textsOf(model + body)).toContain(secret));

  test("settings are none of it, and neither are pictures and sound", () => {
    const settings = field(named("language"), "en") + field(named("response_format"), "json");
    const file = field(`${named("file")}; filename="a"`, "RIFF", "Content-Type: audio/wav\r\n");
    expect(textsOf(model + settings + file)).toEqual([]);
  });

  test("sound weighs by its bytes, pictures by their number", () => {
    const file = (name: string, length: number) =>
      field(`${named(name)}; filename="a"`, "x".repeat(length));
    const tokens = (body: string, api: PlainApi) => {
      const bounds = { low: 0, high: 0 };
      boundTokens(requestOf(model + body, api).body, bounds);
      return bounds.low;
    };
    expect(tokens(file("file", 300_000), sound) - tokens(file("file", 0), sound)).toBe(10_000);
    const two = file("image", 10) + file("mask", 10);
    expect(tokens(two, image)).toBeGreaterThan(2 * 765);
    expect(mediaOf(requestOf(model + two, image).body)).toMatchObject({ images: 2, audio: 0 });
    expect(mediaOf(requestOf(model + file("file", 3)).body)).toMatchObject({ images: 0, audio: 1 });
  });
});

test.each([["\r"], ["-"], ["\r\n--"], ["\r\n-"], ["\n"]])(
  "33 MB of %j are searched in one go",
  (unit) => {
    const head = `${model}--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`;
    const bytes = Buffer.alloc(33 * 1024 * 1024, unit);
    bytes.write(head);
    bytes.write("\r\n--B--\r\n", bytes.length - 9);
    // What took more than one look at each byte would not come to an end in a test's time.
    expect(readForm(sound, bytes, type).ok).toBe(true);
  },
);
