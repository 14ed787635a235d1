import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "./gateway.ts";

/** A refund goes to `a`, what nobody can name to `c`, all else to `b`. */
export const policy = `intent refund contains "money back", like "I was charged twice"
if intent is refund then a else if intent is unknown then c else b
`;

/** What neither the policy's clues nor the shipped ones name. */
export const parcel = "my parcel arrived broken and I am cross";

export const judge =
  "  judge: { provider: up, model: model-judge, price: { input: $1/M, output: $2/M } }";
/** With all the time that a slow machine may need, unless a test says otherwise. */
export const classified = (more = ", timeout: 1m"): string =>
  `telemetry: { decision-log: decisions.jsonl }\nintents: { classifier: { target: judge${more} } }\n`;

/** A whole answer of chat completions. */
export const says = (content: string): Behaviour => ({
  body: JSON.stringify({
    ...{ id: "c1", object: "chat.completion", created: 1, model: "model-judge" },
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 },
  }),
});

const isAsked = ({ body, path }: StandInCall): boolean =>
  body["model"] === "model-judge" || path.includes("model-judge");

export const asked = (box: TestGateway): readonly StandInCall[] =>
  box.upstream.calls.filter(isAsked);

/** A gateway whose classifier does as is said. */
export function startClassified(
  answer: (call: StandInCall) => Behaviour,
  setup: TestSetup = {},
): Promise<TestGateway> {
  return startTestGateway({
    ...{ policies: { main: policy }, targets: judge, yaml: classified() },
    ...setup,
    // A machine with too much to do asks nobody.
    options: { watchLoad: () => () => {}, ...setup.options },
    script: (call) => {
      // Servers at home are asked how they are.
      if (call.method === "GET") return { body: "{}" };
      return isAsked(call) ? answer(call) : null;
    },
  });
}

export const prompt = (content: string) => ({ messages: [{ role: "user", content }] });

export async function targetOf(
  box: TestGateway,
  content: string,
  headers: Record<string, string> = {},
): Promise<string | null> {
  const response = await box.chat(prompt(content), headers);
  await response.arrayBuffer();
  return response.headers.get("x-signalbox-target");
}

export const metricsOf = async (box: TestGateway): Promise<string> =>
  (await fetch(`${box.gateway.url}/metrics`)).text();

/** The facts of the records, once there are so many of them. */
export async function factsOf(
  box: TestGateway,
  wanted: number,
): Promise<Record<string, unknown>[]> {
  const path = join(box.folder, "decisions.jsonl");
  const lines = (): string[] => readFileSync(path, "utf8").split("\n").filter(Boolean);
  await expect.poll(() => lines().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(wanted);
  return lines().map((line) => (JSON.parse(line) as { facts: Record<string, unknown> }).facts);
}
