import { expect, test } from "vitest";
import { read } from "./support.ts";

test("nothing stands before a changed policy, and none decides beside another, where nothing is said", () => {
  const { configuration, diagnostics } = read("");
  expect(diagnostics).toEqual([]);
  expect(configuration?.reload).toEqual({ replay: null });
  expect(configuration?.shadowPolicies).toEqual(new Map());
});

test("conditions before a reload are kept as they are written, and where", () => {
  const text = 'reload: { replay: { fail-if: ["cost.delta > 5%"] } }\n';
  const { configuration, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  const { last, timeMs, carriesOut, failIf } = configuration?.reload.replay ?? {};
  expect({ last, timeMs, carriesOut }).toEqual({
    ...{ last: 1_000, timeMs: 30_000, carriesOut: false },
  });
  const [condition] = failIf ?? [];
  expect(condition?.text).toBe("cost.delta > 5%");
  expect(text.slice(condition?.span.start, condition?.span.end)).toBe('"cost.delta > 5%"');
  const more = read(
    "reload: { replay: { last: 20k, timeout: 5s, carry-out: true, fail-if: [] } }",
  ).configuration;
  expect(more?.reload.replay).toEqual({
    ...{ last: 20_000, timeMs: 5_000, carriesOut: true, failIf: [] },
  });
});

test("a policy decides beside another one, of all of its requests or a share", () => {
  const { configuration, diagnostics } = read(
    "shadow-policies: { main: next, tiers: { policy: trial, share: 10% } }",
  );
  expect(diagnostics).toEqual([]);
  expect(configuration?.shadowPolicies).toEqual(
    new Map([
      ["main", { policy: "next", share: 1 }],
      ["tiers", { policy: "trial", share: 0.1 }],
    ]),
  );
});

test.each([
  ["reload: { replay: { last: 10 } }", "C0105"],
  ["reload: { replay: { last: 0, fail-if: [] } }", "C0106"],
  ["reload: { replay: { last: 200k, fail-if: [] } }", "C0106"],
  ["reload: { gate: 1 }", "C0103"],
  ["reload: { replay: { carry-out: 1, fail-if: [] } }", "C0102"],
  ["shadow-policies: { main: main }", "C0106"],
  ["shadow-policies: { main: { policy: main } }", "C0106"],
  ["shadow-policies: { main: { share: 10% } }", "C0105"],
  ["shadow-policies: { main: { policy: next, share: 110% } }", "C0106"],
  ["shadow-policies: { main: [next] }", "C0102"],
])("`%s` is refused (%s)", (text, code) => {
  expect(read(text).diagnostics.map((each) => each.code)).toEqual([code]);
});
