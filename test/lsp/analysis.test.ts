import { expect, test } from "vitest";
import { keyedPolicyText } from "../../src/bench/keyed-policy.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { ThreadAnalyst } from "../../src/lsp/analysis.ts";
import { aTarget, vocabulary } from "../support/checking.ts";
import { editText } from "../support/editing.ts";

const { dispatch } = defaultConfiguration();

test("a policy is analysed in a thread, and one that is cancelled gives nothing", async () => {
  const analyst = new ThreadAnalyst();
  const { draft } = editText(
    "if tokens < 5 then gpt if tokens < 3 then claude otherwise gpt",
  ).checked;
  if (draft === null) throw new Error("the text is sound");
  const setting = { ...vocabulary, dispatch };
  const first = analyst.start(draft, setting);
  const second = analyst.start(draft, setting);
  second.cancel();
  const third = analyst.start(draft, setting);
  expect(await second.done).toBeNull();
  expect((await first.done)?.diagnostics.map(({ code }) => code)).toContain("P0422");
  expect(await third.done).toEqual(await first.done);
  await analyst.close();
});

test("cancelling ends an analysis that has begun, so that the next one need not wait for it", async () => {
  const analyst = new ThreadAnalyst();
  const targets = new Map(["small", "large", "fast", "local"].map((name) => [name, aTarget(name)]));
  const words = { ...vocabulary, targets };
  const setting = { ...words, dispatch };
  const long = editText(keyedPolicyText(1_000), {}, words).checked.draft;
  const short = editText("otherwise small", {}, words).checked.draft;
  if (long === null || short === null) throw new Error("both texts are sound");
  await analyst.start(short, setting).done;
  const running = analyst.start(long, setting);
  running.cancel();
  expect(await running.done).toBeNull();
  expect(await analyst.start(short, setting).done).toEqual({ diagnostics: [], remarks: [] });
  await analyst.close();
});

test("what is closed gives nothing, and can be started again", async () => {
  const analyst = new ThreadAnalyst();
  const { draft } = editText("otherwise gpt").checked;
  if (draft === null) throw new Error("the text is sound");
  const setting = { ...vocabulary, dispatch };
  const run = analyst.start(draft, setting);
  await analyst.close();
  expect(await run.done).toBeNull();
  expect(await analyst.start(draft, setting).done).not.toBeNull();
  await analyst.close();
});
