import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { adminKey, main, next, send, shadowOf, start } from "../support/shadow-gateway.ts";

async function metrics(box: TestGateway, name = "decisions_total"): Promise<readonly string[]> {
  const text = await (
    await fetch(`${box.gateway.url}/metrics`, { headers: { "x-signalbox-admin-key": adminKey } })
  ).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith(`signalbox_policy_shadow_${name}{`))
    .map((line) => line.slice(line.indexOf("{")))
    .toSorted();
}

const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };

describe("a policy that decides beside another", () => {
  test("sends nothing, and what it would do otherwise is counted by rule and target", async () => {
    await using box = await start({ main, next });
    expect(await send(box, {}, 3)).toBe("a");
    await send(box, { tools: [tool] }, 2);
    await send(box, { max_tokens: 200 });
    expect(box.upstream.calls.map(({ body }) => (body as { model: string }).model)).toEqual([
      ...["model-a", "model-a", "model-a", "model-c", "model-c", "model-a"],
    ]);
    expect(await shadowOf(box)).toMatchObject({
      ...{ policy: "main", candidate: "next", share: 1, running: true },
      ...{ decided: 6, same: 2, different: 4, failed: 0, leftOut: 0, differentShare: 4 / 6 },
      since: expect.stringMatching(/^\d{4}-/),
      transitions: [
        { from: { rule: expect.any(String), target: "a" }, to: { target: "b" }, count: 3 },
        { from: { target: "a" }, to: { target: "reject 403" }, count: 1 },
      ],
      otherTransitions: 0,
    });
    expect(await metrics(box)).toEqual([
      '{policy="main",candidate="next",lane="live",outcome="different"} 4',
      '{policy="main",candidate="next",lane="live",outcome="same"} 2',
    ]);
    expect(await metrics(box, "changes_total")).toEqual([
      '{policy="main",candidate="next",rule="otherwise",from="a",to="b"} 3',
      '{policy="main",candidate="next",rule="rule-2",from="a",to="reject 403"} 1',
    ]);
    const [age = ""] = await metrics(box, "age_seconds");
    expect(age).toMatch(/^\{policy="main",candidate="next"\} \d+(\.\d+)?$/);
  });

  test("is told with what it is expected to cost more, by the tokens that the requests took", async () => {
    const usage = { prompt_tokens: 1_000_000, completion_tokens: 500_000, total_tokens: 1_500_000 };
    await using box = await start(
      { main, next },
      {
        script: () => ({
          body: JSON.stringify({
            ...{ id: "1", object: "chat.completion", created: 1, model: "m", usage },
            choices: [
              { index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" },
            ],
          }),
        }),
      },
    );
    await send(box, {}, 2);
    // a: $1 and $1; b: $3 and $2.
    expect((await shadowOf(box))["cost"]).toEqual({ delta: 6, priced: 2, unpriced: 0 });
    // What is rejected costs nothing.
    await send(box, { max_tokens: 200 });
    expect((await shadowOf(box))["cost"]).toEqual({ delta: 4, priced: 3, unpriced: 0 });
    expect(await metrics(box, "dollars_total")).toEqual([
      '{policy="main",candidate="next",change="less"} 2',
      '{policy="main",candidate="next",change="more"} 6',
    ]);
  });

  test("draws the same lots: two equal splits never differ", async () => {
    const split = "otherwise split: 50% a, 50% b\n";
    await using box = await start({ main: split, next: `${split}with retry 1\n` });
    await send(box, {}, 20);
    expect(await shadowOf(box)).toMatchObject({ decided: 20, same: 20 });
  });

  test("decides a share of the requests where one is named, and nothing of other policies", async () => {
    await using box = await start({ main, next, other: "otherwise a\n" }, { yaml: "" });
    await send(box, { model: "other" }, 2);
    await send(box, { model: "next" }, 2);
    expect((await shadowOf(box))["decided"]).toBe(0);
    const text = readFileSync(join(box.folder, "signalbox.yaml"), "utf8");
    box.write(
      "signalbox.yaml",
      text.replace("{ main: next }", "{ main: { policy: next, share: 0 } }"),
    );
    await box.gateway.reload();
    await send(box, {}, 5);
    expect(await shadowOf(box)).toMatchObject({ share: 0, decided: 0 });
    box.write(
      "signalbox.yaml",
      text.replace("{ main: next }", "{ main: { policy: next, share: 50% } }"),
    );
    await box.gateway.reload();
    await send(box, {}, 60);
    const { decided } = await shadowOf(box);
    expect(decided).toBeGreaterThan(5);
    expect(decided).toBeLessThan(55);
  });

  test("counts anew when either policy changes, and not for a comment", async () => {
    await using box = await start({ main, next });
    await send(box);
    box.write("next.policy", `// the same\n${next}`);
    await box.gateway.reload();
    expect((await shadowOf(box))["decided"]).toBe(1);
    box.write("next.policy", "otherwise a\n");
    await box.gateway.reload();
    expect((await shadowOf(box))["decided"]).toBe(0);
    await send(box);
    expect(await shadowOf(box)).toMatchObject({ decided: 1, same: 1 });
  });

  test("is there as soon as its file is good, and until then the list says that it does not run", async () => {
    await using box = await start({ main, next: "otherwise nobody\n" });
    await send(box);
    expect(await shadowOf(box)).toEqual({
      ...{ policy: "main", hash: expect.any(String), candidate: "next", candidateHash: null },
      ...{ share: 1, running: false },
    });
    box.write("next.policy", next);
    await box.gateway.reload();
    await send(box);
    expect(await shadowOf(box)).toMatchObject({ running: true, decided: 1 });
  });

  test("is asked no classifier, and a policy cannot stand beside itself", async () => {
    await expect(
      start({ main }, { yaml: "" }).then((box) => box[Symbol.asyncDispose]()),
    ).resolves.toBeUndefined();
    await expect(startTestGateway({ yaml: "shadow-policies: { main: main }" })).rejects.toThrow(
      "`main` cannot decide beside itself",
    );
  });
});
