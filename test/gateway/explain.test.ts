import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Configuration } from "../../src/configuration/configuration.ts";
import {
  type Explainable,
  explainSnapshot,
  type SnapshotExplanation,
} from "../../src/explain/explain-snapshot.ts";
import { readRecordSnapshot } from "../../src/explain/snapshot-of-record.ts";
import { remake } from "../../src/gateway/reload/check-bundle.ts";
import { loadWorkspace } from "../../src/gateway/reload/load-workspace.ts";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import { signalbox } from "../support/command.ts";
import { refusal, startTestGateway, type TestGateway } from "../support/gateway.ts";

const admin = "an-admin-key";
const asked = { "x-signalbox-explain": "true", "x-signalbox-admin-key": admin };

const yaml = `  d: { provider: up, model: model-d, price: { input: $0.1/M, output: $9/M }, context: 8k, region: eu, quality: { default: 0.7, classify: 0.9 } }
  e: { provider: up, model: model-e, region: eu, quality: { default: 0.8 } }
facts:
  tier: { from: header.x-tier, values: [free, pro], default: pro }
  desk: { from: metadata.desk, default: us }
keys:
  anna: { key: "\${ANNA}", user: anna, team: search }
  ben: { key: "\${BEN}", user: ben }
admin: { key: "\${ADMIN}" }
telemetry: { decision-log: decisions.jsonl, facts: [language] }
`;

const adminOnly = `admin: { key: "\${ADMIN}" }\n`;

/** Every way to choose, guards of both kinds, alsos, dear facts and unknown ones. */
const policy = `pool all = a, b, c, d, e
let short = tokens < 40

never target.region is not eu when desk is eu
never target.price.output > $8/M when pii
ensure plan.cost <= $0.02 when tier is free

rule "nothing for robots": if header.x-kind is robot then reject 451 "no robots"
rule "stays here": if desk is eu then cheapest of all fallback requested fallback any of all
rule "labels": if short and intent is classify then best of [d, e, a] fallback cheapest of all
rule "code": if code then fastest of all where context >= tokens + max_tokens fallback any of all
rule "drawn": if header.x-kind is draw then any of all fallback any of all fallback least-busy of all
rule "shared": if header.x-kind is share and team is unknown then split by user: 50% a, 50% b fallback c
rule "by id": if header.x-kind is share then split: 30% a, 70% c fallback requested
rule "asked": if header.x-kind is ask then requested fallback cheapest of all where supports(tools)
rule "long": if tokens + max_tokens > 500 then cheapest of all where price.output < $5/M fallback lost
also if tier is free with max_tokens 300, retry 0, tag "free"
also if prompt matches /urgent/ with deadline 20s, tag "urgent"
otherwise b fallback requested fallback a with max_tokens 400, deadline 30s
`;

/** What a request is varied by. */
interface Variation {
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;
}

const prompts = [
  "hello",
  "Classify this review as positive or negative: the soup was fine",
  "function add(a, b) { return a + b; } // why does this fail?",
  "urgent: call me at +44 20 7946 0958 or write to jane.doe@example.com",
  "word ".repeat(45),
  "a longer text on trains and on those who drive them. ".repeat(60),
];

const variation: fc.Arbitrary<Variation> = fc
  .record({
    prompt: fc.constantFrom(...prompts),
    model: fc.constantFrom("main", "a", "d", "up/model-c", "nobody"),
    max: fc.option(fc.integer({ min: 1, max: 900 })),
    several: fc.constantFrom(null, null, 2, 30),
    desk: fc.option(fc.constantFrom("eu", "us")),
    kind: fc.option(fc.constantFrom("robot", "draw", "share", "ask", "none")),
    tier: fc.option(fc.constantFrom("free", "pro", "odd")),
    key: fc.constantFrom("sk-anna", "sk-ben"),
  })
  .map(({ prompt, model, max, several, desk, kind, tier, key }) => ({
    body: {
      model,
      messages: [{ role: "user", content: prompt }],
      ...(max === null ? {} : { max_tokens: max }),
      ...(several === null ? {} : { n: several }),
      ...(desk === null ? {} : { metadata: { desk } }),
    },
    headers: {
      authorization: `Bearer ${key}`,
      ...(kind === null ? {} : { "x-kind": kind }),
      ...(tier === null ? {} : { "x-tier": tier }),
    },
  }));

/** Noon of a working day, always. */
const clock = { now: () => Date.UTC(2026, 10, 23, 12), monotonic: () => performance.now() };

const start = (): Promise<TestGateway> =>
  startTestGateway({
    policies: { main: policy },
    yaml,
    options: {
      clock,
      variables: { UP_KEY: "sk-up", ANNA: "sk-anna", BEN: "sk-ben", ADMIN: admin },
    },
  });

const recordsIn = (folder: string): DecisionRecord[] =>
  readFileSync(join(folder, "decisions.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as DecisionRecord);

/** What whoever explains a log has: the files of the folder. */
async function opened(
  folder: string,
): Promise<{ configuration: Configuration; explainable: Explainable }> {
  const order = { configurationFile: join(folder, "signalbox.yaml"), policies: null };
  const { configuration, policies } = await loadWorkspace(
    { ...order, standing: null },
    (name) => `of ${name}`,
  );
  const [loaded] = policies;
  if (configuration === null || loaded === undefined) throw new Error("no load");
  const explainable = remake(loaded.bundle, configuration);
  if (explainable === null) throw new Error("no policy");
  return { configuration, explainable };
}

describe("a live request and its record", () => {
  let box: TestGateway;
  /** The seed of the request sent last; the gateway's next is so much more. */
  let seed = 0;
  const step = 0x9e3779b9;
  let count = 0;

  const sent = async (id: string, { body, headers }: Variation): Promise<DecisionRecord> => {
    await (await box.chat(body, { ...headers, "x-request-id": id })).text();
    let record: DecisionRecord | undefined;
    await expect
      .poll(() => (record = recordsIn(box.folder).find((each) => each.id === id)))
      .toBeDefined();
    return record as DecisionRecord;
  };

  /** Explains a request, then sends it: the explanation first, so that the request finds the world as it was. */
  const both = async (
    given: Variation,
  ): Promise<{ id: string; live: SnapshotExplanation; record: DecisionRecord }> => {
    if (count === 0) {
      const plain = { body: {}, headers: { authorization: "Bearer sk-anna" } };
      seed = (await sent("first", plain)).seed;
    }
    count += 1;
    const id = `request-${count}`;
    const next = (seed + step) >>> 0;
    const headers = { ...given.headers, ...asked, "x-request-id": id };
    const answer = await box.chat(given.body, { ...headers, "x-signalbox-seed": String(next) });
    expect(answer.status).toBe(200);
    const live = (await answer.json()) as SnapshotExplanation;
    const record = await sent(id, given);
    seed = record.seed;
    expect(record.seed).toBe(next);
    return { id, live, record };
  };

  beforeAll(async () => {
    box = await start();
  });
  afterAll(() => box[Symbol.asyncDispose]());

  test("are explained alike to the last word, and as what was decided", async () => {
    const { configuration, explainable } = await opened(box.folder);
    const rules = new Set<string>();
    await fc.assert(
      fc.asyncProperty(variation, async (given) => {
        const { live, record } = await both(given);
        const read = readRecordSnapshot(record);
        if (!read.ok) throw new Error(read.why);
        const { explanation, lacking } = explainSnapshot(
          explainable,
          configuration,
          read.record.snapshot,
        );
        expect(JSON.parse(JSON.stringify(explanation))).toEqual(live);
        expect(lacking).toEqual([]);
        expect(live.decision.rule?.id).toBe(record.rule);
        if (record.status !== 403 && record.status !== 413) {
          const tried = record.plan.filter((target) => target !== null);
          expect(live.decision.targets).toEqual([...new Set(tried)]);
        }
        rules.add(record.rule);
      }),
      { numRuns: 80, seed: 7 },
    );
    expect(rules.size).toBeGreaterThanOrEqual(8);
  }, 60_000);

  test("the command line explains the record as the gateway explains the request", async () => {
    const given = {
      body: { model: "a", messages: [{ role: "user", content: prompts[1] ?? "" }], max_tokens: 7 },
      headers: { authorization: "Bearer sk-ben", "x-tier": "free" },
    };
    const { id, live } = await both(given);
    const ran = await signalbox(
      ["explain", "main.policy", "--record", "decisions.jsonl", "--id", id, "--json"],
      { cwd: box.folder, env: { UP_KEY: "x", ANNA: "anna", BEN: "ben", ADMIN: "admin" } },
    );
    expect(ran.code).toBe(0);
    expect(ran.stderr).not.toContain("warning: ");
    expect(JSON.parse(ran.stdout)).toEqual(live);
    expect(live).toMatchObject({
      decision: { rule: { id: "labels" } },
      dear: expect.arrayContaining([
        expect.objectContaining({ fact: "intent", result: "read" }),
        expect.objectContaining({ fact: "tokens", result: "read" }),
      ]),
      alsos: [{ result: "true", adds: { tags: ["free"] } }, { result: "false" }],
    });
  });
});

describe("x-signalbox-explain", () => {
  test("sends nothing upstream, records nothing, and is counted", async () => {
    await using box = await start();
    const answer = await box.chat({}, { ...asked, authorization: "Bearer sk-anna" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-signalbox-explain")).toBe("true");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toMatchObject({
      policy: { name: "main" },
      decision: { kind: "plan", rule: { id: "otherwise" }, targets: ["b", "a"] },
      facts: { user: "anna", language: null },
    });
    expect(box.upstream.calls).toHaveLength(0);
    const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
    expect(metrics).toContain('signalbox_explanations_total{policy="main"} 1\n');
    expect(metrics).toContain('signalbox_requests_total{policy="main",outcome="ok"} 0\n');
    expect(metrics).not.toContain("signalbox_decisions_total{");
    await box.gateway.kill();
    expect(recordsIn(box.folder)).toEqual([]);
  });

  test.each([
    ["without the admin key", { "x-signalbox-explain": "true" }],
    ["with a wrong one", { ...asked, "x-signalbox-admin-key": "guess" }],
    ["with a word that may be a slip", { "x-signalbox-explain": "ture" }],
  ])("%s is refused with 403, and nothing is asked", async (_, headers) => {
    await using box = await start();
    const answer = await box.chat({}, { ...headers, authorization: "Bearer sk-anna" });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      error: { type: "permission_error", code: "explain_not_allowed" },
    });
    expect(box.upstream.calls).toHaveLength(0);
  });

  test("says how to set an admin key where none is configured", async () => {
    await using box = await startTestGateway();
    const answer = await box.chat({}, asked);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("admin.key");
  });

  test("`false` is served like any request", async () => {
    await using box = await startTestGateway();
    const answer = await box.chat({}, { "x-signalbox-explain": "false" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-signalbox-target")).toBe("a");
  });

  test.each([["x"], ["-1"], ["4294967296"]])("the seed %s is refused with 400", async (seed) => {
    await using box = await start();
    const headers = { ...asked, authorization: "Bearer sk-anna", "x-signalbox-seed": seed };
    expect((await box.chat({}, headers)).status).toBe(400);
  });

  test("explains a request that a guard refuses, with the guard and what it keeps out", async () => {
    await using box = await startTestGateway({
      policies: {
        main: "never target.region is not eu\notherwise requested\n",
      },
      yaml: adminOnly,
      script: () => refusal(500),
      options: { variables: { UP_KEY: "sk-up", ADMIN: admin } },
    });
    expect(await (await box.chat({ model: "c" }, asked)).json()).toMatchObject({
      decision: { kind: "reject", status: 403, targets: [] },
      guards: [
        {
          guard: "never target.region is not eu",
          result: "applied",
          dropped: [{ target: "c", why: "`region is not eu` is unknown: region is unknown" }],
          consequence: "the request is refused with 403",
        },
      ],
      steps: [{ target: null, candidates: [{ target: "c", result: "refused" }] }],
    });
  });

  test("follows the policy that is in force after a reload", async () => {
    await using box = await start();
    const swapped = box.gateway.nextReload(({ result }) => result === "swapped");
    box.write("main.policy", "otherwise d\n");
    await swapped;
    const answer = await box.chat({}, { ...asked, authorization: "Bearer sk-anna" });
    expect(await answer.json()).toMatchObject({
      policy: { hash: box.gateway.policies()[0]?.hash },
      decision: { targets: ["d"] },
    });
  });

  test("never repeats a text that the policy compares with its own", async () => {
    await using box = await startTestGateway({
      policies: { main: 'if prompt is "secret word" then a else b\n' },
      yaml: adminOnly,
      options: { variables: { UP_KEY: "sk-up", ADMIN: admin } },
    });
    const of = async (content: string): Promise<string> =>
      await (await box.chat({ messages: [{ role: "user", content }] }, asked)).text();
    expect(JSON.parse(await of("secret word"))).toMatchObject({ decision: { targets: ["a"] } });
    const other = await of("my own words");
    expect(JSON.parse(other)).toMatchObject({ decision: { targets: ["b"] } });
    expect(other).not.toContain("my own words");
  });
});
