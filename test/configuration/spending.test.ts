import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { lineAndColumn } from "../../src/diagnostics/position.ts";

const read = (text: string) =>
  readConfiguration(
    { file: "conf/signalbox.yaml", text },
    { variable: () => undefined, file: () => undefined },
  );

/** A diagnostic as `CODE line:column message`. */
function shown(text: string, { code, span, message }: Diagnostic): string {
  const { line, column } = lineAndColumn(text, span.start);
  return `${code} ${line}:${column} ${message}`;
}

const findings = (text: string): string[] =>
  read(text).diagnostics.map((diagnostic) => shown(text, diagnostic));

const servers = `providers:
  home: { kind: vllm, url: http://127.0.0.1:8000 }
  rented: { kind: openai-compatible, url: https://gpu.example.com/v1 }
  eu: { kind: openai, url: https://eu.api.openai.com/v1, discounts: [{ above: $50000, share: 25% }, { above: 1000, share: 0.1 }] }
servers:
  rig: { provider: home, watts: 350, kwh: $0.30, hour: $0.50, slots: 4 }
  box: { provider: rented, hour: 2 }
targets:
  small: { provider: home, model: q, speed: 45/s, prompt-speed: 900 }
  flat: { provider: home, model: q, price: { input: $1/M, output: $1/M } }
  big: { provider: rented, model: q }
  gpt: { provider: eu, model: gpt-6-sol }
  own: { provider: eu, model: x, surcharge: 5%, price: { input: $2/M, output: $3/M, cached-write-long: $4/M, audio-input: $5/M, audio-output: $6/M, flex: 50%, priority: 200% } }
`;

test("a server's targets cost its time, unless they have a price of their own", () => {
  const { configuration, diagnostics } = read(servers);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const target = (name: string) => configuration?.targets.get(name);
  expect(target("small")).toMatchObject({
    runningCost: { watts: 350, kwh: 300_000_000_000, hour: 500_000_000_000, slots: 4 },
    speed: { output: 45, prompt: 900 },
  });
  expect(target("small")?.prices[0]?.bands[0]).toMatchObject({ input: 0, output: 0 });
  expect(target("flat")?.runningCost).toBeUndefined();
  expect(target("big")).toMatchObject({
    runningCost: { watts: 0, kwh: 0, hour: 2_000_000_000_000, slots: 1 },
  });
  expect(target("big")?.prices[0]?.bands[0]).toMatchObject({ input: 0, output: 0 });
});

test("discounts stand by rising spend, and an address in one region has its surcharge", () => {
  const target = (name: string) => read(servers).configuration?.targets.get(name);
  const discounts = [
    { above: 1_000_000_000, share: 0.1 },
    { above: 50_000_000_000, share: 0.25 },
  ];
  expect(target("gpt")).toMatchObject({ discounts, surcharge: 0.1 });
  expect(target("own")).toMatchObject({ discounts, surcharge: 0.05 });
  expect(target("own")?.prices[0]).toMatchObject({
    bands: [{ cachedWrite: 2_000_000, cachedWriteLong: 4_000_000, audioInput: 5_000_000 }],
    tiers: { flex: 0.5, priority: 2, fast: 2 },
  });
});

test.each([
  ["servers: { a: { provider: x, hour: $1 } }", ["C0202 2:27 there is no provider `x`"]],
  ["servers: { a: { hour: $1 } }", ["C0105 2:12 `servers.a` has no `provider`"]],
  ["servers: { a: { provider: o, hour: $1 } }", ["C0210 2:27 `o` bills by the token"]],
  [
    "servers: { a: { provider: h, hour: $1 }, b: { provider: h, hour: $1 } }",
    ["C0210 2:57 `h` has a server already"],
  ],
  ["servers: { a: { provider: h, watts: 5 } }", ["C0210 2:30 `watts` without `kwh` costs nothing"]],
  [
    "servers: { a: { provider: h, hour: 50 cents } }",
    ["C0106 2:36 `50 cents` is not an amount of money such as $0.30"],
  ],
  [
    "targets: { t: { provider: h, model: m, speed: fast } }",
    ["C0106 2:47 `fast` is not tokens per second such as 45 or 45/s"],
  ],
])("%s is reported", (text, expected) => {
  const providers = "providers: { o: { kind: openai }, h: { kind: ollama } }\n";
  expect(findings(providers + text)).toEqual(expected);
});
