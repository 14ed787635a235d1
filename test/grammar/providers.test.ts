import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { providersPage } from "../../scripts/generate-providers.ts";
import { providerKinds } from "../../src/configuration/configuration.ts";
import { providers } from "../contract/matrix.ts";

test("grammar/PROVIDERS.md is what the contract's table says: `npm run generate` writes it", () => {
  expect(readFileSync("grammar/PROVIDERS.md", "utf8")).toBe(providersPage());
});

test("every kind of provider that has a wire here stands in the table", () => {
  const kinds = new Set(providers.map(({ kind }) => kind));
  const wired = providerKinds.filter((kind) => kind !== "ai-sdk");
  expect([...kinds].toSorted()).toEqual(wired.toSorted());
});
