// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import fc from "fast-check";
import { expect, test } from "vitest";
import { example, read } from "./support.ts";

const bomb = `a: &a [x, x, x, x, x, x, x, x, x]
${[..."bcdefghijk"].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[i]}`).join(", ")}]`).join("\n")}
server: { allowed-hosts: *k }
targets: *k
`;

test.each<[string, string]>([
  ["aliases of aliases", bomb],
  ["an alias to itself", "server: &s { allowed-hosts: *s, drain: *s }"],
  ["a merge with itself", "server: &s { <<: *s }\ntargets: &t { x: { <<: [*t, *t, *t] } }"],
  ["100,000 brackets", `server: ${"[".repeat(100_000)}`],
  ["100,000 nested maps", `server: ${"{a: ".repeat(100_000)}`],
  ["a deep block", Array.from({ length: 2000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ["50,000 equal keys", `server: {${"port: 1, ".repeat(50_000)}}`],
  [
    "50,000 targets",
    `targets:\n${Array.from({ length: 50_000 }, (_, i) => `  t${i}: { provider: p, model: m }`)
      .join("\n")
      .slice(0, 1_000_000)}`,
  ],
  ["2 MiB", "# ".repeat(1_048_576)],
  [
    "keys of prototypes",
    "__proto__: { a: 1 }\nserver: { constructor: 1, toString: 2 }\nkeys: { __proto__: { key: '${A}' } }",
  ],
  ["maps as keys", "? { a: 1 }\n: b\n? [1]\n: c"],
  ["tags", "server: !!binary aGVsbG8=\ntargets: !x { a: !!set { b } }"],
  ["a byte order mark", "\ufeffserver: { prot: 1 }"],
  ["control characters", 'server: { host: "\\u0000\\u001b[31m" }'],
])("%s are read in bounded time without throwing", (_, text) => {
  const startedAt = performance.now();
  const { diagnostics } = read(text);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(diagnostics.length).toBeLessThan(100_000);
});

const cut = fc
  .tuple(
    fc.nat({ max: example.length }),
    fc.nat({ max: 20 }),
    fc.string({ unit: "binary", maxLength: 8 }),
  )
  .map(([at, gone, put]) => example.slice(0, at) + put + example.slice(at + gone));
const fragment = fc.constantFrom(
  "server",
  ":",
  " ",
  "\n",
  "  ",
  "{",
  "}",
  "[",
  "]",
  ",",
  "- ",
  "&a",
  "*a",
  "<<",
  "'",
  '"',
  "|",
  ">",
  "#",
  "targets",
  "provider",
  "1",
  "10s",
  "$3/M",
  "${A}",
  "!!map",
  "? ",
);
const soup = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(""));

test("no text whatsoever throws, every span lies in the text, and there is a configuration or an error", () => {
  fc.assert(
    fc.property(fc.oneof(cut, soup, fc.string({ unit: "binary" })), (text) => {
      const { configuration, diagnostics } = read(text);
      for (const { span, fix, related } of diagnostics) {
        const spans = [
          span,
          ...(fix?.edits ?? []).map((edit) => edit.span),
          ...(related ?? []).map((each) => each.span),
        ];
        for (const each of spans) {
          expect(each.start).toBeGreaterThanOrEqual(0);
          expect(each.start).toBeLessThanOrEqual(text.length);
          expect(each.end).toBeGreaterThanOrEqual(each.start);
        }
      }
      expect(configuration === null).toBe(diagnostics.some((each) => each.severity === "error"));
    }),
    { numRuns: 500 },
  );
});
