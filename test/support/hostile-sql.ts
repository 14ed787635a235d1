import fc from "fast-check";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import type { TableColumn } from "./log-table.ts";
import { policyOf } from "./random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };
const dollar = "$";

/** Pieces of texts that would break out of quotes, comments and queries, or be replaced in them. */
const pieces = [
  ..."'\"`\\;-/*%?:@#)(\n\r\t ",
  ...[
    "--",
    "/*",
    "*/",
    "''",
    "\\'",
    "\\",
    "'; DROP TABLE requests; --",
    `${dollar}{env:HOME}`,
    `${dollar}${dollar}`,
    `${dollar}1`,
  ],
  ...[
    "{x:String}",
    ":name",
    "\u2028",
    "\u0085",
    "\u00a0",
    "\u202e",
    "é",
    "😀",
    "E'\\n'",
    "X'41'",
    "\u0001",
    "NULL",
  ],
];

export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 })
  .map((some) => some.join(""));

/** A policy with one text in every place where a policy holds one: names, constants, targets, messages, tags, guards. */
export function hostilePolicy(text: string): CheckedPolicy {
  const key = `header.${text}`;
  const type = { kind: "text" } as const;
  const policy = policyOf(
    [
      {
        shape: { kind: "fact", name: key },
        key,
        type,
        costClass: 0,
        trust: "client",
        mayBeUnknown: true,
      },
    ],
    [
      { kind: "compare", operand: 0, op: "=", value: text, span },
      { kind: "in", operand: 0, values: ["a", "b", "c", `${text}'`], ranges: [], span },
      null,
    ],
  );
  const [first, second, last] = policy.branches;
  return {
    ...policy,
    name: text,
    rules: policy.rules.map((rule, index) => ({ ...rule, id: `${text}${index}` })),
    branches: [
      { ...first!, action: { kind: "reject", status: 400, message: text, span } },
      {
        ...second!,
        action: {
          kind: "plan",
          steps: [{ route: { kind: "target", target: text }, on: [], span }],
          options: { tags: [text] },
          span,
        },
      },
      last!,
    ],
    alsos: [
      {
        id: `also-${text}`,
        condition: { kind: "constant", value: true },
        options: { tags: [text] },
        line: 1,
        span,
      },
    ],
    guards: [
      {
        id: `guard-${text}`,
        text,
        when: null,
        span,
        kind: "never",
        target: { kind: "constant", value: false },
      },
    ],
  };
}

/** A log in which the policy's fact is its text, one of a list, and something else. */
export function hostileLog(text: string): readonly TableColumn[] {
  return [
    { name: "id", kind: "id", cells: ["0", "1", "2", "3"] },
    { name: "hostile", kind: "text", cells: [text, `${text}'`, `${text} `, null] },
  ];
}

/** What the query must tell of that log. */
export function hostileAnswers(text: string): readonly object[] {
  const beside = { also: `also-${text}`, guards: `guard-${text}` };
  const last = { rule: `${text}2`, branch: 3, target: "target-2", ...beside };
  return [
    { rule: `${text}0`, branch: 1, target: null, status: 400, also: "", guards: "" },
    { rule: `${text}1`, branch: 2, target: text, ...beside },
    last,
    last,
  ];
}
