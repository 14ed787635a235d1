/**
 * `npm run bench:typos`: seeds faults into policies and prints how well `check` finds and mends them.
 * `--seed N`, `--count N` (faults that are counted), `--policies FOLDER`, `--only FILE,…`, `--json`, `--show N` (the worst misses).
 */
import { parseArgs } from "node:util";
import { type Examples, readExamples } from "../src/bench/typos/examples.ts";
import { typoBench } from "../src/bench/typos/run.ts";
import type { Scored } from "../src/bench/typos/score.ts";
import type { TypoScore } from "../src/bench/typos/tally.ts";
import { render } from "../src/diagnostics/render.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "2400" },
    policies: { type: "string", default: "policies" },
    only: { type: "string" },
    kind: { type: "string" },
    miss: { type: "string" },
    show: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});

function chosen(examples: Examples): Examples {
  const names = values.only?.split(",");
  if (names === undefined) return examples;
  return { ...examples, examples: examples.examples.filter(({ file }) => names.includes(file)) };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(9);

function row({ name, counted, silent, line, token, fix, otherPolicy }: TypoScore): string {
  const counts = `${String(counted).padStart(6)}${String(silent).padStart(8)}`;
  return `${name.padEnd(34)}${counts}${[line, token, fix, otherPolicy].map(percent).join("")}`;
}

const badnessOfFix: Readonly<Record<Scored["fix"], number>> = { restored: 0, none: 1, other: 2 };

/** How badly a fault was served: its line missed, then its place, then its fix. */
function badness({ line, token, fix }: Scored): number {
  return (line ? 0 : 8) + (token ? 0 : 4) + badnessOfFix[fix];
}

function show({ fault, line, token, fix, findings, fixed }: Scored): string {
  const marks = `line ${line ? "right" : "WRONG"}, token ${token ? "right" : "WRONG"}, fix ${fix}`;
  const sources = new Map([[fault.file, fault.text]]);
  const messages = findings.slice(0, 3).map((each) => render(each, sources, { color: false }));
  const change = `${JSON.stringify(fault.was)} → ${JSON.stringify(fault.now)}`;
  const after = fix === "other" ? [`fixed to: ${JSON.stringify(near(fixed, fault.text))}`] : [];
  return [`— ${fault.kind} in ${fault.file}: ${change} (${marks})`, ...messages, ...after, ""].join(
    "\n",
  );
}

/** The part of a text in which it differs from another, with some of what surrounds it. */
function near(text: string, other: string): string {
  let start = 0;
  while (start < text.length && text[start] === other[start]) start += 1;
  let end = 0;
  while (end < text.length - start && text.at(-1 - end) === other.at(-1 - end)) end += 1;
  return text.slice(Math.max(0, start - 30), text.length - end + 30);
}

const run = typoBench(chosen(readExamples(values.policies)), {
  seed: Number(values.seed),
  count: Number(values.count),
});
const { seed, all, kinds, files } = run;
if (values.json) {
  process.stdout.write(`${JSON.stringify({ seed, all, kinds, files }, null, 2)}\n`);
} else {
  const head = `${"".padEnd(34)}counted  silent     line    token      fix other policy`;
  const lines = [`seed ${seed}`, head, row(all), "", ...kinds.map(row), "", ...files.map(row)];
  process.stdout.write(`${lines.join("\n")}\n`);
}
const worst = run.scored
  .filter((scored) => !scored.silent && badness(scored) > 0)
  .filter(({ fault }) => values.kind === undefined || fault.kind === values.kind)
  .filter(
    ({ line, token }) => values.miss === undefined || !(values.miss === "line" ? line : token),
  )
  .toSorted((a, b) => badness(b) - badness(a));
for (const scored of worst.slice(0, Number(values.show))) process.stdout.write(`\n${show(scored)}`);
