import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { lineAndColumn } from "../../src/diagnostics/position.ts";

const findings = (text: string): string[] => {
  const environment = { variable: () => undefined, file: () => undefined };
  const { diagnostics } = readConfiguration({ file: "signalbox.yaml", text }, environment);
  return diagnostics.map(({ code, span, message }) => {
    const { line, column } = lineAndColumn(text, span.start);
    return `${code} ${line}:${column} ${message}`;
  });
};

test.each<[string, string[]]>([
  ["facts: { tier: { from: key.tier, values: [free, pro], default: free } }", []],
  ["facts: { team: { from: [key.team] } }", []],
  [
    "facts: { tier: { from: [key.tier, metadata.tier] } }",
    ["C0207 1:10 `tier` replaces the built-in fact"],
  ],
  ["facts: { tier: { from: key.team } }", ["C0207 1:10 `tier` replaces the built-in fact"]],
  [
    "facts: { tier: { from: key.tier, type: whole } }",
    ["C0207 1:10 `tier` replaces the built-in fact"],
  ],
])("%j finds %j", (text, expected) => {
  expect(findings(text)).toEqual(expected);
});
