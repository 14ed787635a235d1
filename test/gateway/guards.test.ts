import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

const yaml = `facts:
  pii: { from: [metadata.pii], type: boolean }
  tier: { from: header.x-tier, values: [free, pro], default: pro }`;

/** `a` and `b` of the test's configuration have no region: what is not known of a target counts against it. */
const residency = `pool all = a, b, c
never price.output > $3/M when pii
ensure plan.cost <= $0.004 when tier is free
also if tier is free with max_tokens 1k, tag "free"
also if tokens > 50 with tokens at most 60
if header.x-kind is any then any of all fallback any of [b, a]
else if header.x-kind is named then requested
otherwise requested fallback a with retry 0
`;

const pii = (value: boolean) => ({ metadata: { pii: String(value) } });

test("a guard keeps a dearer target away from personal data, fallbacks and pools included", async () => {
  await using bench = await startTestGateway({ policies: { main: residency }, yaml });
  for (const [kind, allowed] of [
    ["any", ["a", "c"]],
    ["chain", ["a"]],
  ] as const) {
    for (let round = 0; round < 8; round += 1) {
      const answer = await bench.chat({ ...pii(true), model: "b" }, { "x-kind": kind });
      expect(answer.status).toBe(200);
      expect(allowed).toContain(answer.headers.get("x-signalbox-target"));
    }
  }
  const free = await bench.chat({ ...pii(false), model: "b" }, { "x-kind": "chain" });
  expect(free.headers.get("x-signalbox-target")).toBe("b");
});

test("where no target is left the answer is 403 with the guard's own words, and nothing was asked", async () => {
  await using bench = await startTestGateway({ policies: { main: residency }, yaml });
  for (const body of [pii(true), {}]) {
    const answer = await bench.chat({ ...body, model: "b" }, { "x-kind": "named" });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      error: {
        code: "guard",
        message: expect.stringContaining("never price.output > $3/M when pii"),
      },
    });
    expect(answer.headers.get("x-signalbox-attempts")).toBe("0");
  }
  expect(bench.upstream.calls).toHaveLength(0);
});

test("a fallback is not made where it could go beyond the ceiling on cost", async () => {
  await using bench = await startTestGateway({
    policies: { main: residency },
    yaml,
    script: ({ body }) => (body["model"] === "model-a" ? null : { status: 500, body: "{}" }),
  });
  // One attempt at `b` may cost $0.004, one at `a` $0.002: after `b` has failed, nothing is left for `a`.
  const answer = await bench.chat(
    { ...pii(false), model: "b", max_tokens: 900 },
    { "x-tier": "free" },
  );
  expect(answer.headers.get("x-signalbox-attempts")).toBe("1");
  expect(await answer.json()).toMatchObject({ error: { code: "budget_exceeded" } });
});

test("several answers asked for at once count against a ceiling on cost, one by one", async () => {
  await using bench = await startTestGateway({ policies: { main: residency }, yaml });
  const body = { ...pii(false), model: "b", max_tokens: 900 };
  const free = { "x-tier": "free" };
  expect((await bench.chat({ ...body, n: 1 }, free)).status).toBe(200);
  const answer = await bench.chat({ ...body, n: 128 }, free);
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ error: { code: "guard" } });
  expect(bench.upstream.calls).toHaveLength(1);
});

test("a ceiling on tokens holds for their exact count, however low they are estimated", async () => {
  const body = { messages: [{ role: "user", content: "}{][)(*&^%$#@!~`".repeat(30) }] };
  for (const rules of [
    "otherwise a with tokens at most 200",
    "if tokens < 1 then b else a with tokens at most 200",
  ]) {
    await using bench = await startTestGateway({ policies: { main: rules } });
    const answer = await bench.chat(body, {});
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("this one has 367");
  }
});

test("a ceiling on cost holds for the exact count of tokens as well", async () => {
  // An estimate makes 88 tokens of it, which 367 at $1/M are not: with the answer's ten they cost more than this.
  const content = "}{][)(*&^%$#@!~`".repeat(30);
  const rules = "otherwise a with cost at most $0.0002, max_tokens 10";
  await using bench = await startTestGateway({ policies: { main: rules } });
  const answer = await bench.chat({ messages: [{ role: "user", content }] }, {});
  expect(await answer.json()).toMatchObject({ error: { code: "budget_exceeded" } });
  expect(bench.upstream.calls).toHaveLength(0);
});

test("options of `also` reach the request: a ceiling lowers max_tokens, a longer prompt is refused", async () => {
  await using bench = await startTestGateway({ policies: { main: residency }, yaml });
  await bench.chat({ ...pii(false), max_tokens: 5_000 }, { "x-tier": "free", "x-kind": "any" });
  expect(bench.upstream.calls.at(-1)?.body).toMatchObject({ max_tokens: 1_000 });
  const long = { messages: [{ role: "user", content: "word ".repeat(70) }] };
  const answer = await bench.chat({ ...pii(false), ...long }, {});
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ error: { code: "tokens_exceeded" } });
});
