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
  ...["transfer-encoding", "Content-Length", "host", "connection", "accept-encoding"].map(
    (name): [string, string[]] => [
      `providers: { p: { kind: openai, headers: { ${name}: x } } }`,
      [`C0106 1:44 header \`${name}\` is the gateway's own to send`],
    ],
  ),
  [
    'providers: { p: { kind: openai, headers: { x-a: "a\\r\\nhost: b" } } }',
    ["C0106 1:49 header `x-a` holds what no header can"],
  ],
  ["providers: { p: { kind: openai, headers: { OpenAI-Project: x, content-type: y } } }", []],
])("%j finds %j", (text, expected) => {
  expect(findings(text)).toEqual(expected);
});
