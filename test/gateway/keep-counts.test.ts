import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { KeepCounts } from "../../src/gateway/keep-counts.ts";
import { type Gateway, startGateway } from "../../src/gateway/start.ts";
import { TokenCounts } from "../../src/gateway/token-counts.ts";
import { StoreError } from "../../src/runtime/store/sqlite.ts";
import { logInto, startTestGateway, type TestSetup } from "../support/gateway.ts";

/** Answers of half as many tokens again as are counted here. */
const setup: TestSetup = {
  policies: { main: "otherwise a\n" },
  yaml: "ledger: {}",
  script: ({ body }) => {
    const [message] = body["messages"] as readonly { readonly content: string }[];
    const tokens = Math.round(1.5 * ((message?.content.split(" ").length ?? 0) + 7));
    return {
      body: JSON.stringify({
        ...{ id: "c", object: "chat.completion", created: 1, model: "m" },
        choices: [
          { index: 0, message: { role: "assistant", content: "fine" }, finish_reason: "stop" },
        ],
        usage: { prompt_tokens: tokens, completion_tokens: 2, total_tokens: tokens + 2 },
      }),
    };
  },
};

async function ratioOf(gateway: Gateway): Promise<string | null> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return /^signalbox_target_token_ratio\{target="a"\} (.*)$/m.exec(text)?.[1] ?? null;
}

async function teach(box: Awaited<ReturnType<typeof startTestGateway>>): Promise<void> {
  for (let i = 0; i < 25; i += 1) {
    const content = Array.from({ length: 20 + i }, () => "word").join(" ");
    await (await box.chat({ messages: [{ role: "user", content }] })).text();
  }
}

const startAgain = (folder: string, logged: string[] = []): Promise<Gateway> =>
  startGateway({
    configurationFile: join(folder, "signalbox.yaml"),
    variables: { UP_KEY: "sk-upstream-secret" },
    logger: logInto(logged),
  });

test("what was learned of how a target counts is there after a restart, where a ledger is kept", async () => {
  await using box = await startTestGateway(setup);
  await teach(box);
  const before = await ratioOf(box.gateway);
  expect(Number(before)).toBeCloseTo(1.5, 1);
  await box.gateway.close();
  const again = await startAgain(box.folder);
  const after = await ratioOf(again);
  await again.close();
  expect(Number(after)).toBeCloseTo(Number(before), 6);
});

test("what was kept and cannot be read is told, and learned anew", async () => {
  await using box = await startTestGateway(setup);
  await teach(box);
  await box.gateway.close();
  const file = new DatabaseSync(join(box.folder, ".signalbox/ledger.sqlite"));
  file.exec("UPDATE learned SET state = substr(state, 1, 500)");
  file.close();
  const logged: string[] = [];
  const again = await startAgain(box.folder, logged);
  expect(await ratioOf(again)).toBeNull();
  await again.close();
  expect(logged.join("")).toContain("it is learned anew");
});

test("a gateway without a ledger writes nothing", async () => {
  await using box = await startTestGateway({ ...setup, yaml: "" });
  await teach(box);
  await box.gateway.close();
  expect(() => rmSync(join(box.folder, ".signalbox"), { recursive: true })).toThrow(/ENOENT/);
});

/** Something that keeps text, to be played with: null is empty, undefined cannot be asked. */
function bench(first: string | null | undefined) {
  const counts = new TokenCounts();
  const [writes, failures]: [string[], unknown[]] = [[], []];
  const [delays, faults]: [number[], unknown[]] = [[], []];
  const state = { kept: first, learnedFrom: 0, takes: true, breaks: false };
  let due = (): void => {};
  const keeper = new KeepCounts({
    counts,
    limits: { file: null, failed: (error) => failures.push(error) },
    shared: {
      isShared: true,
      learned: () => Promise.resolve(state.kept),
      keepLearned: (_what, text) => {
        if (state.breaks) return Promise.reject(new TypeError("a fault of ours"));
        if (state.takes) writes.push(text);
        return Promise.resolve(state.takes);
      },
    },
    timers: {
      start: (ms, run) => {
        delays.push(ms);
        due = run;
        return () => delays.push(0);
      },
    },
    logger: () => ({ warn: () => undefined, error: (fault: unknown) => void faults.push(fault) }),
  });
  return { counts, keeper, writes, failures, faults, delays, state, run: () => due() };
}

function hear(counts: TokenCounts, times: number): void {
  const target = { name: "a", model: "model-a" };
  const usage = { inputTokens: 20, outputTokens: 1, estimated: false };
  for (let time = 0; time < times; time += 1)
    counts.heard(
      [{ target: "a", usage }] as unknown as Parameters<TokenCounts["heard"]>[0],
      { model: "m", messages: [{ role: "user", content: "some words of a prompt" }] },
      { get: () => target } as unknown as Parameters<TokenCounts["heard"]>[2],
    );
}

test("nothing is written before what is kept was read, nor twice, and what was not taken is written again", async () => {
  const { counts, keeper, writes, state } = bench(undefined);
  hear(counts, 25);
  await keeper.keep();
  expect(writes).toHaveLength(0);
  state.kept = null;
  state.takes = false;
  await keeper.keep();
  state.takes = true;
  await keeper.keep();
  await keeper.keep();
  expect(writes).toEqual([counts.state()]);
  hear(counts, 1);
  await keeper.close();
  expect(writes).toHaveLength(2);
});

test("another gateway takes up what one kept, and looks a second after its start and then each minute", async () => {
  const one = bench(null);
  hear(one.counts, 25);
  await one.keeper.keep();
  const two = bench(one.writes[0]);
  await two.keeper.begin();
  expect(two.counts.state()).not.toBe(one.counts.state());
  two.run();
  await two.keeper.keep();
  expect(two.counts.state()).toBe(one.counts.state());
  expect([...two.delays, two.writes]).toEqual([1_000, 60_000, []]);
});

test("a file that fails is told, and ends nothing", async () => {
  const failures: unknown[] = [];
  const refuse = (): never => {
    throw new StoreError("the store is damaged");
  };
  const keeper = new KeepCounts({
    counts: new TokenCounts(),
    limits: {
      file: { learned: refuse } as unknown as NonNullable<
        ConstructorParameters<typeof KeepCounts>[0]["limits"]["file"]
      >,
      failed: (error) => failures.push(error),
    },
    shared: {
      isShared: false,
      learned: () => Promise.resolve(undefined),
      keepLearned: () => Promise.resolve(false),
    },
    timers: { start: () => () => undefined },
    logger: () => ({ warn: () => undefined, error: () => undefined }),
  });
  await keeper.begin();
  expect(failures).toHaveLength(1);
});

test("a fault of ours while what was learned is kept is logged, and ends nothing", async () => {
  const { counts, keeper, writes, failures, faults, state, run } = bench(null);
  hear(counts, 25);
  await keeper.begin();
  state.breaks = true;
  run();
  await keeper.keep();
  expect([writes, failures]).toEqual([[], []]);
  expect(faults.length).toBeGreaterThan(0);
  state.breaks = false;
  await keeper.close();
  expect(writes).toEqual([counts.state()]);
});
