import { expect, test } from "vitest";
import { completion, startFaultStage } from "./stage.ts";

test("row 63: a small second target behind a first that is down does what it can, and the rest is told at once", async () => {
  const connections = 4;
  let running = 0;
  let most = 0;
  await using stage = await startFaultStage({
    faults: () => ({ refused: true }),
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
      return {
        body: completion("hello"),
        holdHead: new Promise((resolve) => setImmediate(resolve)),
      };
    },
  });
  const burst = async (): Promise<number> => {
    const before = stage.askedOf("model-s");
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const response = await stage.box.chat({ model: "main" });
        const { error } = (await response.json()) as { error?: { code?: string } };
        return { status: response.status, code: error?.code };
      }),
    );
    const served = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused).not.toEqual([]);
    expect(served + refused.length).toBe(answers.length);
    // Nothing that it did was for nobody.
    expect(stage.askedOf("model-s") - before).toBe(served);
    expect(refused.every(({ code }) => code === "upstream_overloaded")).toBe(true);
    return served;
  };
  // As much is served in the second burst as in the first: a full queue leaves nothing behind.
  for (const served of [await burst(), await burst()]) expect(served).toBeGreaterThanOrEqual(64);
  expect(most).toBeLessThanOrEqual(connections);
});
