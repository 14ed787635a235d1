import { afterAll, beforeAll, expect, test } from "vitest";
import { type LspClient, startLspClient } from "../support/lsp-client.ts";

const configuration = `providers: { home: { kind: ollama } }
targets:
  small: { provider: home, model: small, region: eu }
  large: { provider: home, model: large, region: us }
facts:
  tier: { from: key.tier, values: [free, pro] }
`;
let client: LspClient;
beforeAll(async () => {
  client = await startLspClient({
    files: { "signalbox.yaml": configuration, "lib.policy": "let short = tokens < 200\n" },
  });
});
afterAll(async () => {
  expect(await client.stop()).toBe(0);
});

test("a misspelt name", async () => {
  client.open("a.policy", 'use "lib.policy"\nif short and tier is fre then small\notherwise large');
  const found = await client.diagnostics("a.policy");
  expect(found).toEqual([]);
});
