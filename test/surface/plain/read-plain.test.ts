import { describe, expect, test } from "vitest";
import { mediaOf } from "../../../src/extract/media.ts";
import { type PlainApi, readPlain } from "../../../src/surface/plain/read-plain.ts";

const api: PlainApi = {
  path: "/images/edits",
  what: "a request for an image",
  dialect: "plain",
  needsModel: false,
  asked: ["prompt", "input", "documents"],
  needs: [],
};
const limits = { maxDepth: 64, maxKeys: 1000, maxMessages: 100 };
const bodyOf = (value: object) => {
  const got = readPlain(api, new TextEncoder().encode(JSON.stringify(value)), limits);
  if (!got.ok) throw new Error(got.problem.message);
  return got.request.body;
};
const textsOf = (value: object) => {
  const content = bodyOf(value).messages[0]?.content ?? [];
  return typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? []);
};

const secret = "write to alice@example.com";
describe("every string of a body is seen", () => {
  test.each([
    ["what is asked", { prompt: secret }],
    ["a list of it", { input: ["a", secret] }],
    ["a field of a document", { documents: [{ title: secret, text: "x" }] }],
    ["a document of deep fields", { documents: [{ inner: { said: [secret] } }] }],
    ["a field that nobody knows", { negative_prompt: secret }],
    ["parts", { input: [{ content: [{ type: "text", text: secret }] }] }],
  ])("%s", (_, value) => expect(textsOf(value)).toContain(secret));

  test("but for settings", () => {
    const settings = { model: "m", user: "u", size: "1024x1024", quality: "high", n: 2 };
    expect(textsOf({ ...settings, encoding_format: "float", voice: "alloy" })).toEqual([]);
  });
});

describe("pictures count as such", () => {
  const data = "data:image/png;base64,AAAA";
  test.each([
    ["an address", { image: "https://x/y.png" }, 1],
    ["bytes", { image: "AAAA" }, 1],
    ["a data URL in an unknown field", { reference: data }, 1],
    ["a list of addresses", { images: [{ image_url: data }, { image_url: { url: data } }] }, 2],
    ["a list of ids, and a mask", { images: [{ file_id: "f" }], mask: { file_id: "g" } }, 2],
    ["a part of what is asked", { input: [{ type: "image_url", image_url: { url: data } }] }, 1],
    ["none", { prompt: "x" }, 0],
  ])("%s", (_, value, images) => {
    expect(mediaOf(bodyOf(value)).images).toBe(images);
    expect(textsOf(value).join("")).not.toContain("AAAA");
  });
});
