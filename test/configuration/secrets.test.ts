import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";

const nothing = { variable: () => undefined, file: () => undefined };
const read = (text: string) => readConfiguration({ file: "signalbox.yaml", text }, nothing);

test.each([
  ["in place of a provider", "providers:\n  openai: sk-hunter2"],
  ["under a misspelt key", "providers:\n  openai: { kind: openai, ky: sk-hunter2 }"],
  ["in place of a client key", "keys:\n  alice: sk-hunter2"],
  ["in a list of client keys", "keys: [sk-hunter2, sk-hunter2b]"],
  ["in place of the admin section", "admin: sk-hunter2"],
  [
    "in a header of an unusual name",
    "providers:\n  h: { kind: vllm, headers: { X-Auth: sk-hunter2 } }",
  ],
])("a secret %s is an error that does not show it", (_, text) => {
  const { configuration, diagnostics, source } = read(text);
  expect(configuration).toBeNull();
  expect(source.text).toHaveLength(text.length);
  expect(source.text + JSON.stringify(diagnostics)).not.toContain("hunter2");
});
