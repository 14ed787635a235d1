import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import { startTestGateway, type TestSetup } from "../support/gateway.ts";

/** By the token `x` is the cheaper one; but its model makes 1.5 tokens of each that the other's makes. */
const setup: TestSetup = {
  policies: {
    main: "pool pair = x, y\nif header.x-to is x then x\nelse if header.x-to is y then y\nelse cheapest of pair\n",
  },
  targets: `  x: { provider: up, model: wide-1, price: { input: $1/M, output: $0/M }, max-output: 100 }
  y: { provider: up, model: narrow-1, price: { input: $1.2/M, output: $0/M }, max-output: 100 }`,
  yaml: "telemetry: { decision-log: decisions.jsonl }",
  script: ({ body }) => {
    const [message] = body["messages"] as readonly { readonly content: string }[];
    const words = message?.content.split(" ").length ?? 0;
    const tokens = Math.round((words + 7) * (body["model"] === "wide-1" ? 1.5 : 1));
    return {
      body: JSON.stringify({
        id: "c",
        object: "chat.completion",
        created: 1,
        model: body["model"],
        choices: [
          { index: 0, message: { role: "assistant", content: "fine" }, finish_reason: "stop" },
        ],
        usage: { prompt_tokens: tokens, completion_tokens: 2, total_tokens: tokens + 2 },
      }),
    };
  },
};

test("the cheapest target is chosen by what each model makes of the prompt, once its answers have told, and the record says so", async () => {
  await using box = await startTestGateway(setup);
  const ask = async (words: number, to: string): Promise<string | null> => {
    const content = Array.from({ length: words }, () => "word").join(" ");
    const messages = [{ role: "user", content }];
    const response = await box.chat({ messages }, to === "" ? {} : { "x-to": to });
    await response.text();
    return response.headers.get("x-signalbox-target");
  };
  expect(await ask(100, "")).toBe("x");
  for (let i = 0; i < 25; i += 1) {
    for (const to of ["x", "y"]) await ask(50 + 8 * i, to);
  }
  expect(await ask(100, "")).toBe("y");
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(metrics).toMatch(/signalbox_target_token_ratio\{target="x"\} 1\.[45]/);
  expect(metrics).toMatch(/signalbox_target_token_ratio_error\{target="x"\} 0\.0/);
  await box.gateway.kill();
  const records = readFileSync(join(box.folder, "decisions.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as DecisionRecord);
  expect(records[0]?.facts).not.toHaveProperty(["x.token_ratio"]);
  const { facts } = records.at(-1) as DecisionRecord;
  expect(facts["x.token_ratio"]).toBeCloseTo(1.5, 1);
  expect(facts["y.token_ratio"]).toBeCloseTo(1, 1);
});
