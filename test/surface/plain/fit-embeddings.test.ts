import { expect, test } from "vitest";
import { fitEmbeddings } from "../../../src/surface/plain/fit-embeddings.ts";

const bytes = new Uint8Array([1, 2, 3]);
const good = Buffer.from(Float32Array.from([0.5, -2]).buffer).toString("base64");
const answer = (...vectors: readonly unknown[]) => ({
  object: "list",
  data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
});

test.each([
  ["letters that are no base64", answer(good, "not base64!"), undefined],
  ["base64 of half a float", answer("AAA="), "float"],
  ["no list", { data: "x" }, undefined],
  ["no object", 5, "base64"],
  ["vectors as asked", answer([0.5, -2]), undefined],
  ["vectors as asked, in base64", answer(good), "base64"],
])("the bytes stay as they are with %s", (_, value, asked) => {
  expect(fitEmbeddings(bytes, value, asked)).toBe(bytes);
});

test("vectors become what is asked", () => {
  const said = (value: unknown, asked: string) =>
    JSON.parse(String(fitEmbeddings(bytes, value, asked))) as unknown;
  expect(said(answer(good), "float")).toEqual(answer([0.5, -2]));
  expect(said(answer([0.5, -2]), "base64")).toEqual(answer(good));
});
