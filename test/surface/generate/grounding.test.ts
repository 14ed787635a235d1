import fc from "fast-check";
import { expect, test } from "vitest";
import { groundingCitations } from "../../../src/runtime/providers/gemini/citations.ts";
import { groundingOf } from "../../../src/surface/generate/grounding.ts";

const citing = (start_index: number, end_index: number) => ({
  type: "url_citation",
  url_citation: { url: "https://x", title: "t", start_index, end_index },
});

test("places in characters become places in bytes and back, whatever the text", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.tuple(fc.nat(40), fc.nat(40))), (said, places) => {
      const characters = [...said];
      const at = (count: number) => characters.slice(0, count).join("").length;
      const spans = places
        .map(([a, b]) => [at(Math.min(a, b)), at(Math.max(a, b))] as const)
        .filter(([start, end]) => end > start);
      const grounding = groundingOf(
        spans.map(([start, end]) => citing(start, end)),
        said,
      );
      const segments = (grounding?.["groundingSupports"] ?? []) as { segment: object }[];
      expect(segments.map(({ segment }) => segment)).toEqual(
        spans.map(([start, end]) => ({
          startIndex: Buffer.byteLength(said.slice(0, start)),
          endIndex: Buffer.byteLength(said.slice(0, end)),
          text: said.slice(start, end),
        })),
      );
      expect(groundingCitations(grounding, said)).toEqual(
        spans.map(([start, end]) => citing(start, end)),
      );
    }),
  );
});

test("sources by the thousand at the end of a long text are read in one look", () => {
  const said = "é".repeat(200_000);
  const count = 20_000;
  const many = Array.from({ length: count }, () => citing(199_999, 200_000));
  const grounding = groundingOf(many, said);
  expect(groundingCitations(grounding, said)).toHaveLength(count);
});
