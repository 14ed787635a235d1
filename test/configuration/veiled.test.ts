import { inspect } from "node:util";
import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { veilSecrets } from "../../src/configuration/secret.ts";
import { createLogger } from "../../src/runtime/telemetry/logger.ts";

const canary = "sk-canary-0123456789";
const text = `providers:
  up: { kind: openai-compatible, url: "https://example.com/v1", key: "\${KEY}", headers: { x-org: "\${KEY}" } }
  pack: { kind: ai-sdk, package: "@ai-sdk/cohere", options: { apiKey: "\${KEY}" } }
targets:
  m: { provider: up, model: m }
keys:
  alice: { key: "\${ALICE}" }
admin: { key: "\${ADMIN}" }
`;
const read = () => {
  const { configuration } = readConfiguration(
    { file: "signalbox.yaml", text },
    { variable: (name) => `${canary}-${name}`, file: () => undefined },
  );
  if (configuration === null) throw new Error("unreadable");
  veilSecrets(configuration);
  return configuration;
};
const logged = (value: unknown): string => {
  const lines: string[] = [];
  createLogger("info", { write: (line) => void lines.push(line) }).info({ odd: value }, "slipped");
  return lines.join("");
};

test.each<[string, (value: unknown) => string]>([
  ["JSON", (value) => JSON.stringify(value)],
  ["a console", (value) => inspect(value, { depth: 20, showHidden: true })],
  ["a log line", logged],
])("no secret of a configuration is shown in %s, whatever object slips into it", (_name, show) => {
  const configuration = read();
  const values = [
    [...configuration.providers.values()],
    configuration.keys,
    configuration.adminKey,
    configuration.keys[0]?.secret,
    configuration.providers.get("up")?.headers,
    new Error("x", { cause: configuration.providers.get("up") }),
  ];
  for (const value of values) expect(show(value)).not.toContain(canary);
  expect(show(configuration.keys)).toContain("alice");
});

test("veiled secrets come back bare from another thread, and are veiled again", () => {
  const copy = structuredClone(read());
  expect(copy).toEqual(read());
  expect(JSON.stringify(copy.keys)).toContain(canary);
  veilSecrets(copy);
  veilSecrets(copy);
  expect(JSON.stringify(copy.keys)).not.toContain(canary);
});
