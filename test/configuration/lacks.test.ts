import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";

const text = `providers:
  deepseek: { kind: deepseek }
  openai: { kind: openai }
  relay: { kind: openai-compatible, url: https://relay.example.com/v1 }
targets:
  listed: { provider: deepseek, model: deepseek-v4-pro }
  seeing: { provider: openai, model: gpt-4.1 }
  unlisted: { provider: relay, model: brand-new, price: { input: $1/M, output: $1/M } }
  said: { provider: relay, model: brand-new, supports: [tools, images], price: { input: $1/M, output: $1/M } }
`;

test.each([
  ["listed", ["images", "audio", "files"]],
  ["seeing", ["audio"]],
  ["unlisted", null],
  ["said", ["audio", "files"]],
])("what the target %s is known not to take is %j", (name, lacks) => {
  const { configuration } = readConfiguration(
    { file: "conf/signalbox.yaml", text },
    { variable: () => undefined, file: () => undefined },
  );
  const known = configuration?.targets.get(name)?.lacks;
  expect(known === undefined ? null : [...known]).toEqual(lacks);
});
