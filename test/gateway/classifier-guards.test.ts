import { expect, test } from "vitest";
import {
  asked,
  classified,
  factsOf,
  says,
  startClassified,
  targetOf,
} from "../support/classifying.ts";
import type { TestGateway } from "../support/gateway.ts";

/** Where the policy sends things stands in Europe; the classifier stands where a test says. */
const targets = (
  region: string,
): string => `  home: { provider: up, model: model-h, region: eu, price: { input: $1/M, output: $2/M } }
  out: { provider: up, model: model-o, region: us, price: { input: $1/M, output: $2/M } }
  judge: { provider: up, model: model-judge, region: ${region}, price: { input: $1/M, output: $2/M } }`;

const rules =
  "if intent is write then home else if intent is unknown then home fallback home2 else home\n";

const start = (policy: string, region = "us", yaml = classified()): Promise<TestGateway> =>
  startClassified(() => says("write"), {
    ...{ policies: { main: policy }, yaml },
    targets: `${targets(region)}\n  home2: { provider: up, model: model-h2, region: eu, price: { input: $1/M, output: $2/M } }`,
  });

const personal = "reach me at anna.berg@example.com about my broken parcel";
const harmless = "my parcel arrived broken and I am cross";

const residency = "never target.region is not eu when pii\n";
/** Proved for every plan, and left to a run: a target that a client names may be anywhere. */
const policies: readonly [string, string][] = [
  ["proved for every plan", `${residency}${rules}`],
  [
    "seen to in each run",
    `${residency}if intent is write then home else if intent is code then requested fallback home else home\n`,
  ],
  ["written the other way round", `never (target.region is not eu and pii)\n${rules}`],
];

test.each(policies)(
  "a text with personal data never reaches a classifier outside: a guard %s",
  async (_how, policy) => {
    await using box = await start(policy);
    expect(await targetOf(box, personal)).toBe("home");
    const earlier = await box.chat({
      messages: [
        { role: "system", content: "The customer's card is 4111 1111 1111 1111." },
        { role: "user", content: harmless },
      ],
    });
    expect(earlier.status).toBe(200);
    expect(asked(box)).toHaveLength(0);
    expect(box.upstream.calls.filter(({ body }) => body["model"] === "model-h")).toHaveLength(2);
    const told = { intent: null, "intent.classifier": "guard" };
    expect(await factsOf(box, 2)).toMatchObject([told, told]);
    // What holds no personal data may go out, and not even its answer is used for what does.
    expect(await targetOf(box, harmless)).toBe("home");
    expect(asked(box)).toHaveLength(1);
    expect(asked(box)[0]?.text).not.toContain("anna.berg");
  },
);

test("a classifier at home is sent what a guard keeps from others", async () => {
  await using box = await start(`${residency}${rules}`, "eu");
  expect(await targetOf(box, personal)).toBe("home");
  expect(asked(box)).toHaveLength(1);
  expect(await factsOf(box, 1)).toMatchObject([{ intent: "write" }]);
});

test.each([
  ["its condition", "never target.region is not eu when intent is code\n", 0],
  [
    "its condition, in part",
    "never target.region is not eu when intent is code and tokens > 9k\n",
    1,
  ],
  ["what it says of targets", "never (target.region is us and intent is code)\n", 0],
  ["what it says of targets, in part", "never (target.region is asia and intent is code)\n", 1],
])(
  "a guard that rests on the intent forbids where that could matter: %s",
  async (_where, guard, times) => {
    await using box = await start(
      `${guard}if intent is write then home else home fallback home2\n`,
    );
    await targetOf(box, harmless);
    expect(asked(box)).toHaveLength(times);
  },
);

test("a guard on the target itself keeps it from every text, one on all plans from none", async () => {
  await using never = await start(`never judge\n${rules}`);
  await targetOf(never, harmless);
  expect(asked(never)).toHaveLength(0);
  await using every = await start(
    "ensure every plan has fallback\nif intent is write then home fallback home2 else home2 fallback home\n",
  );
  await targetOf(every, harmless);
  expect(asked(every)).toHaveLength(1);
});

test.each([
  ["dearer than", "$0.0002", 0],
  ["within", "$0.01", 1],
])("a classifier %s a ceiling on cost", async (_how, most, times) => {
  await using box = await start(
    `ensure plan.cost <= ${most} when header.x-tier is free\nalso if header.x-tier is free with max_tokens 10, tokens at most 50\nif intent is write then home else home2\n`,
  );
  expect(await targetOf(box, harmless, { "x-tier": "free" })).toMatch(/^home/);
  expect(asked(box)).toHaveLength(times);
});

test("the facts that guards asked for are not put into the record, nor what they settle into the decision", async () => {
  await using box = await start(
    `never target.region is not eu when pii and tokens > 2\nif intent is write and tokens > 4 then home else home2\n`,
  );
  expect(await targetOf(box, harmless)).toBe("home");
  const [facts] = await factsOf(box, 1);
  expect(facts).toMatchObject({ intent: "write", tokens: expect.any(Number) });
});
