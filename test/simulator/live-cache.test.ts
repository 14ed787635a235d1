import { expect, test } from "vitest";
import { readPairs } from "../runtime/semantic/prompt-pairs.ts";
import { replayed, startMs } from "../support/replaying.ts";
import { openSemanticStage } from "../support/semantic-stage.ts";

/** Pairs of like prompts and of prompts that only look alike, in turn. */
const pairs = (["paraphrases", "adversarial"] as const).flatMap((name) =>
  readPairs(name)
    .filter((_, index) => index % 12 === 0)
    .slice(0, 40),
);

test("a replay of bodies finds as many kept answers as the gateway found, by meaning too", async () => {
  const semantic = "with cache semantic above 0.8 for 1h, retry 0\n";
  await using stage = await openSemanticStage(`otherwise a ${semantic}`);
  const lines: object[] = [];
  let kept = 0;
  for (const content of [...pairs.map(({ a }) => a), ...pairs.map(({ b }) => b)]) {
    const { cache } = await stage.say(content);
    if (cache === "miss") {
      kept += 1;
      const least = kept;
      await stage.meaning((report) => report.kept >= least);
    }
    lines.push({
      time: new Date(startMs + lines.length * 10_000).toISOString(),
      body: { model: "auto", messages: [{ role: "user", content }] },
    });
  }
  const { replay } = await replayed(lines, `otherwise claude ${semantic}`);
  const hits = lines.length - kept;
  expect(hits).toBeGreaterThan(15);
  expect(replay.outcomes).toMatchObject({ ok: kept, cached: hits });
  expect(replay.cached.like).toBe((await stage.meaning()).lookups["hit"]);
}, 60_000);
