import { expect, test } from "vitest";
import { trustDiagnostics } from "../../../src/language/analysis/guards-trust.ts";
import { aFact, checkText, vocabulary } from "../../support/checking.ts";

const facts = new Map(
  [
    ...vocabulary.facts.values(),
    // True as soon as the detector or the client says so: a client can raise it, not clear it.
    aFact(
      "secret",
      { kind: "boolean" },
      { trust: "gateway", from: ["detector.pii", "metadata.x"] },
    ),
    aFact("desk", { kind: "text" }, { trust: "client", from: ["metadata.desk"] }),
  ].map((fact) => [fact.name, fact]),
);

function findingsOf(text: string): readonly string[] {
  const { policy, diagnostics } = checkText(text, {}, { ...vocabulary, facts });
  if (policy === null) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return trustDiagnostics(policy).map(({ code, message }) => `${code} ${message}`);
}

const guard = (when: string): string => `never gpt when ${when} otherwise claude`;
const lifted = (what: string): string => `P0510 a client can lift this guard: ${what}`;

test.each([
  ["pii", []],
  ["tier is free", []],
  ["secret", []],
  ["tokens > 100", []],
  ["header.x-a is b", [lifted("`header.x-a` is the client's own word")]],
  ["metadata.a is b", [lifted("`metadata.a` is the client's own word")]],
  ["desk is risk", [lifted("`desk` is the client's own word")]],
  ["intent is code", [lifted("`intent` is the client's own word")]],
  ["prompt contains x", [lifted('`prompt contains "x"` is the client\'s own word')]],
  // Whoever turns one part of an `and` turns the whole; an `or` stands while one part does.
  ["pii and desk is risk", [lifted("`desk` is the client's own word")]],
  ["pii or desk is risk", []],
  ["not (pii or desk is risk)", [lifted("`desk` is the client's own word")]],
  ["not (pii and desk is risk)", []],
  [
    "desk is risk or header.x-a is b",
    [lifted("`header.x-a` and `desk` are the client's own word")],
  ],
  ["pii and (tier is free or desk is risk)", []],
  ["pii or (tier is free and desk is risk)", []],
])("a guard when %s: %j", (when, findings) => {
  expect(findingsOf(guard(when))).toEqual(findings);
});

test("a guard that always holds rests on nobody's word", () => {
  expect(findingsOf("never gpt otherwise claude")).toEqual([]);
});

test.each([
  ["limit 5 per minute by user", []],
  ["limit 5 per minute", []],
  ["limit 5 per minute by desk", ["`limit` goes by `desk`"]],
  ["budget $5 per day by header.x-a", ["`budget` goes by `header.x-a`"]],
  ["budget $5 per day by team", []],
  ["concurrency 8 by metadata.a", ["`concurrency` goes by `metadata.a`"]],
  ["sticky by desk for 10m", ["`sticky` goes by `desk`"]],
  ["sticky by user for 10m", []],
])("`with %s`", (option, counters) => {
  const found = counters.map((counter) => `P0511 ${counter}, which the client chooses`);
  expect(findingsOf(`otherwise claude with ${option}`)).toEqual(found);
  expect(findingsOf(`also if tier is free with ${option} otherwise claude`)).toEqual(found);
});

const escaped = "P0512 a client can escape this limit: `desk` is the client's own word";

test.each([
  ["desk is risk with limit 5 per minute by user", [escaped]],
  ["desk is risk with budget $5 per day by user", [escaped]],
  ["desk is risk with concurrency 5", [escaped]],
  ["desk is risk with max_tokens 1k", []],
  ["tier is free with limit 5 per minute by user", []],
  ["tier is free or desk is risk with limit 5 per minute by user", []],
])("`also if %s`", (also, findings) => {
  expect(findingsOf(`also if ${also} otherwise claude`)).toEqual(findings);
});
