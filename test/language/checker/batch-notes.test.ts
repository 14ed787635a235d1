import { describe, expect, test } from "vitest";
import { aTarget, checkText, marked, vocabulary } from "../../support/checking.ts";

describe("batch", () => {
  const words = {
    ...vocabulary,
    targets: new Map(vocabulary.targets).set("gpt", aTarget("gpt", { hasBatches: true })),
  };
  const noted = (text: string): readonly string[] => {
    const checked = checkText(text, {}, words);
    return checked.diagnostics.map((each) => marked(checked, each));
  };

  test.each([
    "otherwise gpt fallback claude with batch within 24h",
    "otherwise cheapest of [claude, gpt] with batch within 24h",
    "otherwise split: 50% claude, 50% gpt with batch within 24h",
    "otherwise requested with batch within 24h",
    "if stream then claude otherwise gpt also if due >= 1h with batch within 24h",
  ])("is fine where a request can wait: %s", (text) => {
    expect(noted(text)).toEqual([]);
  });

  test.each([
    "otherwise claude with batch within 24h",
    "otherwise claude fallback gpt with batch within 24h",
    "otherwise claude also if due >= 1h with batch within 24h",
  ])("is warned of where none ever does: %s", (text) => {
    expect(noted(text)).toEqual(["P0420 batch within 24h"]);
  });
});
