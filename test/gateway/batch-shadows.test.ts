import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type BatchBench,
  type BatchSetup,
  batchVariables,
  line,
  startBatchBench,
} from "../support/batch-bench.ts";

const adminKey = batchVariables.OAI_KEY;

/** A bench in which `next` decides beside `main`. */
async function start(
  next: string,
  { policy, share = 1 }: Pick<BatchSetup, "policy"> & { readonly share?: number },
): Promise<BatchBench> {
  const bench = await startBatchBench({
    policy,
    yaml: `admin: { key: "\${OAI_KEY}" }\nshadow-policies: { main: { policy: next, share: ${share} } }`,
  });
  writeFileSync(join(bench.folder, "next.policy"), next);
  await bench.gateway.reload();
  return bench;
}

const asked = async (bench: BatchBench, path: string): Promise<Response> =>
  await fetch(`${bench.gateway.url}${path}`, { headers: { "x-signalbox-admin-key": adminKey } });

async function shadowOf(bench: BatchBench): Promise<Readonly<Record<string, unknown>>> {
  const { shadows } = (await (await asked(bench, "/admin/shadow")).json()) as {
    shadows: Readonly<Record<string, unknown>>[];
  };
  return shadows[0] ?? {};
}

const metricsOf = async (bench: BatchBench): Promise<readonly string[]> =>
  (await (await asked(bench, "/metrics")).text())
    .split("\n")
    .filter((each) => each.startsWith("signalbox_policy_shadow_decisions_total{"));

test("lines of a batch are decided beside, and counted apart from requests that are answered", async () => {
  await using bench = await start("if max_tokens > 100 then claude\notherwise home\n", {
    policy: 'if max_tokens > 1000 then reject 403 "long"\notherwise home fallback gpt',
  });
  const made = await bench.order([
    line("one"),
    line("two", { max_tokens: 200 }),
    line("three", { max_tokens: 2_000 }),
  ]);
  await bench.finish(made.id);
  expect(await shadowOf(bench)).toMatchObject({
    ...{ decided: 0, transitions: [], cost: { delta: null, priced: 0, unpriced: 0 } },
    batchLines: {
      ...{ decided: 3, same: 1, different: 2, failed: 0, leftOut: 0, differentShare: 2 / 3 },
      transitions: [
        { from: { rule: "otherwise", target: "home" }, to: { target: "claude" }, count: 1 },
        { from: { target: "reject 403" }, to: { target: "claude" }, count: 1 },
      ],
    },
  });
  expect((await metricsOf(bench)).toSorted()).toEqual(
    [
      ["different", 2],
      ["same", 1],
    ].map(
      ([outcome, count]) =>
        `signalbox_policy_shadow_decisions_total{policy="main",candidate="next",lane="batch",outcome="${outcome}"} ${count}`,
    ),
  );
  // Nothing was sent for it.
  const models = bench.upstream.calls.map(({ body }) => (body as { model?: string }).model);
  expect(models).not.toContain("claude-sonnet-5-5");
});

test("lines have the lots of the policy in force: two equal splits never differ", async () => {
  const split = "otherwise split: 50% home, 50% gpt";
  await using bench = await start(`${split} with retry 1\n`, { policy: split });
  const made = await bench.order(Array.from({ length: 20 }, (_, at) => line(`line-${at}`)));
  await bench.finish(made.id);
  expect((await shadowOf(bench))["batchLines"]).toMatchObject({ decided: 20, same: 20 });
});

test("of a share of the requests none is a line's where it is 0", async () => {
  await using bench = await start("otherwise gpt\n", { policy: "otherwise home", share: 0 });
  const made = await bench.order([line("one")]);
  await bench.finish(made.id);
  expect((await shadowOf(bench))["batchLines"]).toMatchObject({ decided: 0 });
});
