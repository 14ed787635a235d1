import { expect, test } from "vitest";
import { completion, startFaultStage } from "./stage.ts";

test("row 63: a small second target behind a first that is down does what it can, and the rest is told at once", async () => {
  const connections = 4;
  let running = 0;
  let most = 0;
  /** Opened for each burst when most of it has been refused: until then the small one works on what it took first. */
  let gate = Promise.withResolvers<void>();
  await using stage = await startFaultStage({
    faults: () => ({ refused: true }),
    // What is tried is the pool's bound, not what a busy machine makes of two hundred at once.
    server: "max-loop-delay: 60s",
    policies: { main: "otherwise f fallback s with retry 0\n" },
    providers: (url) =>
      `  small: { kind: openai-compatible, url: "${url}/v1", connections: ${connections} }\n`,
    targets: "  s: { provider: small, model: model-s }\n",
    script: ({ left }) => {
      running += 1;
      most = Math.max(most, running);
      void left.then(() => {
        running -= 1;
      });
      return { body: completion("hello"), holdHead: gate.promise };
    },
  });
  const burst = async (): Promise<number> => {
    gate = Promise.withResolvers();
    let refusals = 0;
    const before = stage.askedOf("model-s");
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const response = await stage.box.chat({ model: "main" });
        if (response.status === 503) refusals += 1;
        if (refusals === 100) gate.resolve();
        const { error } = (await response.json()) as { error?: { code?: string } };
        return { status: response.status, code: error?.code };
      }),
    );
    const served = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 503);
    expect(served + refused.length).toBe(answers.length);
    // Nothing that it did was for nobody.
    expect(stage.askedOf("model-s") - before).toBe(served);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["upstream_overloaded"]));
    return served;
  };
  // As much is served in the second burst as in the first: a full queue leaves nothing behind.
  for (const served of [await burst(), await burst()]) expect(served).toBeGreaterThanOrEqual(60);
  expect(most).toBeLessThanOrEqual(connections);
});
