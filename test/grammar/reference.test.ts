import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { generatedReference } from "../../scripts/generate-reference.ts";
import { openWorkspace } from "../../src/cli/workspace.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { strategies } from "../../src/language/checker/routes.ts";
import { type ReviewedSource, reviewSource } from "../../src/language/service/review-source.ts";
import { ownTrials } from "../../src/trials/own-trials.ts";
import { policyTrials } from "../../src/trials/policy-trials.ts";
import { readTrials, runTrials } from "../../src/trials/run-trials.ts";

const page = readFileSync("grammar/README.md", "utf8");
/** The pages of the codes behind it are held by a test of their own. */
const reference = page.slice(0, page.indexOf("\n## Codes"));
const { configuration } = openWorkspace(undefined, "policies/hybrid.policy");

/** A fenced block: what stands behind the fence's word, and its text. */
interface Block {
  readonly about: string;
  readonly text: string;
}

function blocks(word: string): Block[] {
  const fence = new RegExp(`\\n\`\`\`${word}(?: (\\S+))?\\n([\\s\\S]*?)\`\`\``, "g");
  return [...reference.matchAll(fence)].map(([, about = "", text = ""]) => ({ about, text }));
}

const policies = blocks("policy");
const libraries = new Map(policies.map(({ about, text }) => [about, text]));

/** A block as `signalbox check` sees it; one with a file name behind its fence can be used by the others. */
function reviewed(text: string): ReviewedSource {
  return reviewSource({ file: "reference.policy", text }, configuration, (_from, path) => {
    const file = path.replace("./", "");
    const found = libraries.get(file);
    return file === "" || found === undefined ? null : { file, text: found };
  });
}

/** What is wrong with it. */
function faults({ diagnostics }: ReviewedSource): Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity !== "info");
}

test.each(policies.map(({ text }) => text))("compiles without a warning:\n%s", (text) => {
  const checked = reviewed(text);
  expect(faults(checked).map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  expect(checked.policy === null).toBe(checked.kind === "library");
  expect(checked.guards.filter(({ verdict }) => verdict !== "proved")).toEqual([]);
});

test("the cases hold for the policy that they stand behind", async () => {
  const at = reference.indexOf("\n```yaml\n");
  const casesText = /\n```yaml\n([\s\S]*?)```/.exec(reference)?.[1] ?? "";
  const text = policies.findLast((each) => reference.indexOf(each.text) < at)?.text ?? "";
  const { policy, tests } = reviewed(text);
  if (policy === null) throw new Error("a policy with cases has rules");
  const source = { file: "reference.policy", text };
  const cases = { file: "reference.cases.yaml", text: casesText };
  const read = policyTrials({ source, policy, tests, load: () => null }, cases, configuration);
  expect(read.diagnostics.map(({ message }) => message)).toEqual([]);
  const results = runTrials(await readTrials(read.trials, policy, configuration), policy);
  const ofCases = results.filter(({ file }) => file === cases.file);
  expect(ofCases.map(({ message }) => message ?? "ok")).toEqual(["ok", "ok", "ok", "ok"]);
});

test.each(policies.map(({ text }) => text).filter((text) => /^test /m.test(text)))(
  "its tests pass:\n%s",
  async (text) => {
    const { policy, tests } = reviewed(text);
    if (policy === null) throw new Error("a policy with tests has rules");
    const trials = await readTrials(ownTrials(tests, text), policy, configuration);
    const results = runTrials(trials, policy);
    expect(results.length).toBeGreaterThan(0);
    expect(results.map(({ message }) => message ?? "ok")).toEqual(results.map(() => "ok"));
  },
);

test.each(blocks("policy-error").map(({ about, text }) => [about, text]))(
  "is refused with %s alone:\n%s",
  (code, text) => {
    expect(faults(reviewed(text)).map((each) => each.code)).toEqual([code]);
  },
);

test("every block is a policy, a policy with an error, or no policy at all and says so", () => {
  const words = [...reference.matchAll(/\n```([a-z-]*)[^\n]*\n[\s\S]*?```/g)].map(
    ([, word]) => word,
  );
  const known = ["policy", "policy-error", "text", "yaml"];
  expect(words.filter((word) => !known.includes(word ?? ""))).toEqual([]);
});

test("the tour is ten examples", () => {
  const tour = reference.slice(
    reference.indexOf("## A tour"),
    reference.indexOf("## Files and names"),
  );
  const numbers = [...tour.matchAll(/^\*\*(\d+)\. /gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const example of tour.split(/^\*\*\d+\. /m).slice(1)) expect(example).toContain("```policy");
});

test("the generated parts are what the code's own tables say", () => {
  expect(generatedReference(page)).toBe(page);
});

describe("every heading and word is in its place", () => {
  test("links within the page lead somewhere", () => {
    const anchors = new Set(
      [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      ),
    );
    const links = [...reference.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
    expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });

  test("the vocabulary that it names is the configuration's", () => {
    const head = reference.slice(0, reference.indexOf("**Contents.**"));
    const missing = [...configuration.targets.keys()].filter(
      (name) => !head.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });

  test.each(strategies.map((each) => [each]))("`%s of` is described", (strategy) => {
    expect(reference).toContain(`| \`${strategy} of set\` |`);
  });
});
