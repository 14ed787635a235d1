import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findPii, holdsPii, longestPii, type PiiKind, piiKinds } from "../../src/meaning/pii.ts";

test.each([
  ["mail ann.b+c@mail.example.co.uk now", "email"],
  ["call +49 170 1234567", "phone"],
  ["call (212) 555-0187", "phone"],
  ["IBAN DE89 3704 0044 0532 0130 00", "iban"],
  ["card 4111-1111-1111-1111", "card"],
  ["SSN 536-22-1234", "ssn"],
  ["from 192.168.0.17", "ip"],
  ["call me on 450 0840", "phone"],
  ["781 1704 office", "phone"],
  ["Fax: 345-899-3560x4587", "phone"],
  ["my iban is gb82west12345698765432", "iban"],
  ["to maximilian-alexander.schoenberg@firma.example", "email"],
  ["joe@mail.eu.west.corp.example.com", "email"],
  ["joe@example.construction", "email"],
  ["joe@münchen.example", "email"],
  ["josé@例え.テスト", "email"],
  ["请写信给joe@example.com谢谢", "email"],
  ["joe＠example.com", "email"],
  ["see 2001:db8::1.", "ip"],
  ["[fe80::1%25eth0]", "ip"],
  ["at ::ffff:192.168.0.17", "ip"],
  ["4111.1111.1111.1111", "card"],
  ["3782.822463.10005", "card"],
  ["4111\u00a01111\u00a01111\u00a01111", "card"],
  ["４１１１ １１１１ １１１１ １１１１", "card"],
  ["call +49\u00a0170\u202f1234567", "phone"],
  ["call (212) 555\u20110187", "phone"],
])("%j holds %s", (text, kind) => {
  expect(findPii(text).map((each) => each.kind)).toEqual([kind]);
});

test.each([
  "on 2026-11-23 at 10:15",
  "version 1.2.3",
  "card 4111-1111-1111-1112",
  "4111.1111.1111.1112",
  "4.111111111111111",
  "std::vector<a::b> ab::cd::ef",
  "list[2000::2] and list[1::2]",
  "::1 and 2001:db8::/32 and 1::2::3",
  "00:1a:2b:3c:4d:5e at 10:15:30",
  "IBAN GB82 WEST 1234 5698 7654 33",
  "pi is 3.14159265358979",
  "500,000 people and 1000 more",
  "SSN 000-12-3456",
  "lot 450 0840 was sold",
  "ZIP: 75534-030",
  "my driver's license is 2270-66-1551",
])("%j holds none", (text) => {
  expect(holdsPii(text)).toBe(false);
});

test("what is found is no longer than parts overlap, wherever it stands", () => {
  const parts = fc.constantFrom(
    "ann@example.com",
    "+49 170 1234567",
    " ",
    "1",
    "-",
    "a",
    "(",
    "@",
    ".",
    `${"a".repeat(63)}.`,
    "2001:db8::1",
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 200 }), (chosen) => {
      const text = chosen.join("");
      for (const { start, end } of findPii(text))
        expect(end - start).toBeLessThanOrEqual(longestPii);
      expect(holdsPii(text)).toBe(findPii(text).length > 0);
    }),
  );
});

/*
 * Measured on presidio's 1,500 synthetic sentences, a finding being right when it overlaps one of its kind: recall and precision
 * are 1.00, but for card (recall 0.993) and phone (precision 0.989). The patterns were written with these sentences in sight, so
 * others will be found less well. Names, places and addresses have no form and are not claimed.
 */
const file = new URL(
  "../../../shared/data/prompts/presidio-pii/synth_dataset_v2.json",
  import.meta.url,
);
if (!existsSync(file))
  console.warn("skipped: ../shared/data is absent, so personal data is not measured");

interface Sentence {
  readonly full_text: string;
  readonly spans: readonly {
    readonly entity_type: string;
    readonly start_position: number;
    readonly end_position: number;
  }[];
}

const labels: Readonly<Record<PiiKind, string>> = {
  ...{ email: "EMAIL_ADDRESS", phone: "PHONE_NUMBER", iban: "IBAN_CODE" },
  ...{ card: "CREDIT_CARD", ssn: "US_SSN", ip: "IP_ADDRESS" },
};

test.skipIf(!existsSync(file))(
  "recall and precision on labelled sentences keep their floors",
  () => {
    let [found, wanted, right, claimed] = [0, 0, 0, 0];
    const perKind = new Map(
      piiKinds.map((kind) => [kind, { wanted: 0, found: 0, claimed: 0, right: 0 }]),
    );
    for (const { full_text: text, spans } of JSON.parse(readFileSync(file, "utf8")) as Sentence[]) {
      const findings = findPii(text);
      const gold = spans.filter((span) => Object.values(labels).includes(span.entity_type));
      const meets = (kind: PiiKind, start: number, end: number, span: Sentence["spans"][number]) =>
        span.entity_type === labels[kind] && start < span.end_position && span.start_position < end;
      for (const [kind, counts] of perKind) {
        const own = gold.filter((span) => span.entity_type === labels[kind]);
        const claims = findings.filter((each) => each.kind === kind);
        counts.wanted += own.length;
        counts.claimed += claims.length;
        counts.found += own.filter((span) =>
          claims.some(({ start, end }) => meets(kind, start, end, span)),
        ).length;
        counts.right += claims.filter(({ start, end }) =>
          own.some((span) => meets(kind, start, end, span)),
        ).length;
      }
      wanted += gold.length;
      claimed += findings.length;
      found += gold.filter((span) =>
        findings.some(({ kind, start, end }) => meets(kind, start, end, span)),
      ).length;
      right += findings.filter(({ kind, start, end }) =>
        gold.some((span) => meets(kind, start, end, span)),
      ).length;
    }
    console.info(
      `personal data: recall ${(found / wanted).toFixed(3)}, precision ${(right / claimed).toFixed(3)}`,
    );
    for (const [kind, counts] of perKind) {
      expect.soft(counts.found / counts.wanted, kind).toBeGreaterThanOrEqual(0.95);
      expect.soft(counts.right / counts.claimed, kind).toBeGreaterThanOrEqual(0.95);
    }
    expect(found / wanted).toBeGreaterThanOrEqual(0.95);
    expect(right / claimed).toBeGreaterThanOrEqual(0.97);
  },
);
