// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BatchBench, line, minute, startBatchBench } from "../support/batch-bench.ts";
import { answering } from "../support/cache-stage.ts";

const policy = `if prompt contains "gpt" then gpt with cache exact for 1h
  if prompt contains "claude" then claude with cache exact for 1h
  if prompt contains "plain" then home
  otherwise home with cache exact for 1h, set temperature 0`;

const body = (id: string) => ({
  model: "main",
  messages: [{ role: "user" as const, content: `hello ${id}` }],
});

async function ask({ client }: BatchBench, id: string) {
  const { data, response } = await client.chat.completions.create(body(id)).withResponse();
  return {
    said: data.choices[0]?.message.content,
    cache: response.headers.get("x-signalbox-cache"),
    ...{ id: data.id, usage: data.usage },
  };
}

const operated = 'admin: { key: "${KEY_A}" }\n';

async function purge({ gateway }: BatchBench, order: object): Promise<void> {
  const response = await fetch(`${gateway.url}/admin/cache`, {
    ...{ method: "POST", body: JSON.stringify(order) },
    headers: { "x-signalbox-admin-key": "key-a-secret" },
  });
  expect(response.status).toBe(200);
}

/** Gives a target another model while the gateway runs. */
async function configure({ folder, gateway }: BatchBench, from: string, to: string): Promise<void> {
  const file = join(folder, "signalbox.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(`model: ${from} }`, `model: ${to} }`));
  await gateway.reload();
}

const sent = ({ upstream }: BatchBench): number =>
  upstream.calls.filter(({ path }) => path.endsWith("/chat/completions")).length;

describe("a line of a batch whose rule keeps answers", () => {
  test("is given the answer that a request of its own brought, and sends nothing", async () => {
    await using bench = await startBatchBench({ policy });
    const asked = [await ask(bench, "home"), await ask(bench, "gpt"), await ask(bench, "claude")];
    expect(asked.map(({ cache }) => cache)).toEqual(["miss", "miss", "miss"]);
    const before = bench.upstream.calls.length;
    const done = await bench.finish(
      (await bench.order(["home", "gpt", "claude"].map((id) => line(id)))).id,
    );
    expect(done).toMatchObject({ request_counts: { total: 3, completed: 3, failed: 0 } });
    expect(bench.upstream.calls).toHaveLength(before);
    const results = await bench.results(done);
    for (const [at, id] of ["home", "gpt", "claude"].entries()) {
      const { response } = results[id] ?? {};
      expect(response?.body.choices[0]?.message.content, id).toBe(asked[at]?.said);
      expect(response?.body.usage?.total_tokens).toBe(asked[at]?.usage?.total_tokens);
      expect(response?.body.id).not.toBe(asked[at]?.id);
    }
    const lines = (await bench.records()).filter(({ batch }) => batch === done.id);
    expect(lines.map(({ cache, attempts }) => [cache, attempts.length])).toEqual(
      Array(3).fill(["hit", 0]),
    );
  });

  test.each(["home", "gpt", "claude"])(
    "leaves its answer for requests and lines that ask the same: %s",
    async (id) => {
      await using bench = await startBatchBench({ policy });
      const first = await bench.finish((await bench.order([line(id)])).id);
      const before = bench.upstream.calls.length;
      const told = (await bench.results(first))[id]?.response?.body;
      const again = await ask(bench, id);
      expect(again.cache).toMatch(/^hit; age=\d+$/);
      expect(again.said).toBe(told?.choices[0]?.message.content);
      const second = await bench.finish((await bench.order([line(id)])).id);
      expect((await bench.results(second))[id]?.response?.body.choices[0]?.message.content).toBe(
        again.said,
      );
      expect(bench.upstream.calls).toHaveLength(before);
      const lines = (await bench.records()).filter(({ batch }) => batch === first.id);
      expect(lines.map(({ cache }) => cache)).toEqual(["miss"]);
    },
  );

  test("goes on where it was after a restart, and its answer is kept all the same", async () => {
    await using bench = await startBatchBench({ policy, yaml: "cache: { store: file }\n" });
    const made = await bench.order([line("gpt")]);
    await bench.pass(1);
    await bench.restart();
    await bench.finish(made.id);
    expect((await ask(bench, "gpt")).cache).toMatch(/^hit/);
  });

  test("asks anew for what another rule answers, for another body, and for what failed", async () => {
    let isDown = true;
    await using bench = await startBatchBench({
      policy,
      script: () =>
        isDown ? { status: 400, body: JSON.stringify({ error: { message: "no" } }) } : null,
    });
    const failed = await bench.finish((await bench.order([line("home")])).id);
    expect(failed.request_counts?.failed).toBe(1);
    isDown = false;
    const before = sent(bench);
    for (const each of [line("home"), line("home", { temperature: 1, top_p: 0.5 }), line("plain")])
      await bench.finish((await bench.order([each])).id);
    await bench.finish((await bench.order([line("plain")])).id);
    expect(sent(bench) - before).toBe(4);
  });

  test.each(["gpt", "home"])(
    "leaves nothing of what was purged while it was being answered: %s",
    async (id) => {
      const open = Promise.withResolvers<void>();
      await using bench = await startBatchBench({
        ...{ policy, yaml: operated },
        script: ({ body }) =>
          body["model"] === "qwen" ? { ...answering("hi"), holdHead: open.promise } : null,
      });
      const made = await bench.order([line(id)]);
      const passing = bench.pass(minute);
      while (sent(bench) + bench.upstream.held.batches.size === 0)
        await bench.client.batches.retrieve(made.id);
      await purge(bench, { tenant: "key:" });
      open.resolve();
      await passing;
      const done = await bench.finish(made.id);
      expect(done.request_counts?.completed).toBe(1);
      expect((await ask(bench, id)).cache).toBe("miss");
      expect((await ask(bench, id)).cache).toMatch(/^hit/);
    },
  );

  test("leaves nothing of what was purged before a restart either", async () => {
    const yaml = `${operated}cache: { store: file }\n`;
    await using bench = await startBatchBench({ policy, yaml });
    const made = await bench.order([line("gpt"), line("claude")]);
    await bench.pass(minute);
    await purge(bench, { target: "gpt" });
    await bench.restart();
    await bench.finish(made.id);
    const [gpt, claude] = [await ask(bench, "gpt"), await ask(bench, "claude")];
    expect([gpt.cache, claude.cache?.slice(0, 3)]).toEqual(["miss", "hit"]);
  });

  test("is kept as the answer of the model that gave it, where that is not the one of now", async () => {
    await using bench = await startBatchBench({ policy });
    const first = await bench.order([line("gpt")]);
    await bench.pass(minute);
    await configure(bench, "gpt-5.4-mini", "gpt-5.4");
    await bench.finish(first.id);
    expect((await ask(bench, "gpt")).cache).toBe("miss");
    await configure(bench, "gpt-5.4", "gpt-5.4-mini");
    expect((await ask(bench, "gpt")).cache).toBe("miss");
  });

  test("is kept as the answer of the model that it was sent to, where it was decided for another", async () => {
    await using bench = await startBatchBench({ policy });
    const made = await bench.order([line("gpt")]);
    await bench.gateway.batchesSettled();
    await configure(bench, "gpt-5.4-mini", "gpt-5.4");
    const results = await bench.results(await bench.finish(made.id));
    const said = results["gpt"]?.response?.body.choices[0]?.message.content;
    expect(said).toContain("stand-in for gpt-5.4:");
    expect((await ask(bench, "gpt")).cache).toMatch(/^hit/);
    await configure(bench, "gpt-5.4", "gpt-5.4-mini");
    expect((await ask(bench, "gpt")).cache).toBe("miss");
  });
});
