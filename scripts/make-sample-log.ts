/**
 * Makes policies/traffic.sample.jsonl: one invented day of a company's traffic, the same for the same seed. Synthetic through
 * and through, and every line says so; nobody wrote these prompts.
 */
import { writeFileSync } from "node:fs";
import { countTokens } from "gpt-tokenizer";
import { createRandom } from "../src/base/random.ts";
import { fillers, type Kind, kinds } from "./sample-prompts.ts";

const requests = 2000;
const day = Date.parse("2026-11-23T00:00:00Z");
/** Share of the day's traffic in each hour, UTC. */
const byHour = [1, 1, 1, 1, 2, 3, 6, 10, 14, 15, 14, 12, 11, 13, 14, 13, 11, 8, 6, 5, 4, 3, 2, 1];
const random = createRandom("signalbox sample traffic 1");

const teams = ["search", "support", "platform", "ads", "berlin", "madrid", "research"];
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const weatherTool = {
  type: "function",
  function: {
    name: "look_up_order",
    description: "Finds an order by its number",
    parameters: { type: "object", properties: { order: { type: "string" } }, required: ["order"] },
  },
};

function weighted<T>(rows: readonly (readonly [T, number])[]): T {
  let left = random.next() * rows.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of rows) {
    left -= weight;
    if (left < 0) return value;
  }
  const last = rows.at(-1);
  if (last === undefined) throw new Error("nothing to draw from");
  return last[0];
}

function fill(template: string): string {
  return template.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => random.pick(fillers[name] ?? []) ?? name,
  );
}

/** A prompt of a kind; one in twelve drags a long document behind it. */
function promptOf(kind: Kind): string {
  const prompt = fill(random.pick(kind.templates) ?? "");
  if (!kind.takesDocument || random.next() > 0.12) return prompt;
  const sentences = 8 + random.integer(40);
  return `${prompt}\n\n${Array.from({ length: sentences }, () => fill("{sentence}")).join(" ")}`;
}

function callerOf(): Record<string, string> | null {
  if (random.next() < 0.04) return null;
  const tier = random.next() < 0.35 ? "free" : "pro";
  const user = `u${String(1 + random.integer(180)).padStart(3, "0")}`;
  return { name: `${tier}-app`, user, team: random.pick(teams) ?? "search", tier };
}

function bodyOf(kind: Kind, prompt: string): Record<string, unknown> {
  const content =
    kind.name === "image"
      ? [
          { type: "text", text: prompt },
          { type: "image_url", image_url: { url: pixel } },
        ]
      : prompt;
  const system = random.next() < 0.4 ? [{ role: "system", content: fill("{system}") }] : [];
  const desk = random.next() < 0.05 ? { desk: random.pick(["research", "execution", "risk"]) } : {};
  const pii = /@|passport|IBAN/.test(prompt) && random.next() < 0.5 ? { pii: "true" } : {};
  const metadata = { ...desk, ...pii };
  return {
    model: weighted([
      ["auto", 80],
      ["claude", 12],
      ["gpt", 8],
    ]),
    messages: [...system, { role: "user", content }],
    ...(kind.maxTokens === undefined ? {} : { max_tokens: kind.maxTokens }),
    ...(kind.name === "tool" ? { tools: [weatherTool] } : {}),
    ...(kind.name === "extract" ? { response_format: { type: "json_object" } } : {}),
    ...(random.next() < 0.5 ? { stream: true } : {}),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

const times = Array.from({ length: requests }, () => {
  const hour = weighted(byHour.map((weight, hour) => [hour, weight] as const));
  return day + (hour + random.next()) * 3_600_000;
}).sort((a, b) => a - b);

const lines = times.map((time, index) => {
  const kind = weighted(kinds.map((each) => [each, each.weight] as const));
  const prompt = promptOf(kind);
  const caller = callerOf();
  const channel = weighted([
    ["chat", 70],
    ["voice", 8],
    ["batch", 22],
  ]);
  const body = bodyOf(kind, prompt);
  const [least, most] = kind.output;
  return JSON.stringify({
    synthetic: true,
    time: new Date(Math.floor(time)).toISOString(),
    id: `sample-${String(index + 1).padStart(4, "0")}`,
    caller,
    headers: { "x-channel": channel },
    body,
    usage: {
      prompt_tokens: countTokens(prompt) + 8 + (body["tools"] === undefined ? 0 : 60),
      completion_tokens: Math.round(least * (most / least) ** random.next()),
    },
  });
});

writeFileSync(
  new URL("../policies/traffic.sample.jsonl", import.meta.url),
  `${lines.join("\n")}\n`,
);
console.log(`${lines.length} requests written`);
