import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProviderProcess } from "./processes.ts";

/** Policies that clients name, and what each is there for. */
export const policies: Readonly<Record<string, string>> = {
  // Connections that break, answers that fail, another wire, and one that always answers.
  main: "otherwise broken-chat fallback faulty-chat fallback faulty-messages fallback clean-chat\n  with retry 1, first-token 1s, idle 1s, timeout 3s\n",
  translated:
    "otherwise broken-messages fallback faulty-chat fallback clean-messages\n  with retry 1, first-token 1s, idle 1s, timeout 3s\n",
  // Where nobody catches a fall, so that clients see errors.
  alone: "otherwise faulty-chat with retry 0, first-token 1s, idle 1s, timeout 3s\n",
  hedged:
    "otherwise faulty-chat fallback clean-chat with hedge after 150ms, retry 0, idle 1s, timeout 3s\n",
  continued:
    "otherwise broken-chat fallback clean-chat fallback clean-messages with continue once, retry 0, first-token 1s, idle 1s, timeout 3s\n",
  accepted:
    "otherwise faulty-chat fallback clean-chat on retryable or bad_output\n  with accept when response.valid_json, retry 1, first-token 1s, idle 1s, timeout 3s\n",
  shadowed:
    "otherwise clean-chat fallback clean-messages with shadow 25% to faulty-messages, retry 1\n",
  sticky:
    "otherwise any of [faulty-chat, faulty-messages, clean-chat] fallback any of [clean-chat, clean-messages]\n  with sticky by desk for 1m, retry 1, first-token 1s, idle 1s, timeout 3s\n",
  // Counters and rows in the ledger: most are let through, some wait, some are turned away.
  limited:
    "otherwise clean-chat fallback faulty-chat\n  with limit 20 per minute by desk, limit 60k tokens per minute, concurrency 2 by desk or wait 1s, retry 1, first-token 1s, idle 1s, timeout 3s\n",
  budgeted:
    "otherwise faulty-chat fallback clean-messages on retryable or budget_exceeded\n  with budget $0.05 per day by desk, retry 1, first-token 1s, idle 1s, timeout 3s\n",
};

/** A policy that serves the targets that clients name, which is none of its own name. */
export const unserved = { name: "unserved", text: "otherwise requested\n" };

/** A policy that is written anew now and then; what it says differs from turn to turn. */
export function changing(turn: number): string {
  return `# turn ${turn}
policy 1

pool all = clean-chat, clean-messages, faulty-chat

let short = tokens < ${50 + (turn % 7) * 10}

never broken-chat when desk is "desk-${turn % 5}"
ensure every plan has fallback

rule "what is short":
  if short and desk in ["desk-1", "desk-2", "desk-${turn % 11}"]
  then cheapest of all fallback clean-messages

rule "what asks for numbers":
  if prompt contains "words of seed ${turn % 10}" or weekday in [sat, sun]
  then split by desk: ${60 + (turn % 30)}% clean-chat, ${40 - (turn % 30)}% clean-messages
  fallback clean-chat

otherwise faulty-chat fallback clean-chat with retry 1, first-token 1s, idle 1s, timeout 3s
`;
}

function configurationText({ clean, faulty, broken }: Omit<ProviderProcess, "stop">): string {
  const price = "price: { input: $1/M, output: $2/M }, context: 128k";
  const places = { clean, faulty, broken };
  const providers = Object.entries(places).flatMap(([name, url]) => [
    `  ${name}-a: { kind: openai-compatible, url: "${url}/v1", key: "\${SOAK_KEY}" }`,
    `  ${name}-b: { kind: anthropic, url: "${url}/v1", key: "\${SOAK_KEY}" }`,
  ]);
  const targets = Object.keys(places).flatMap((name) => [
    `  ${name}-chat: { provider: ${name}-a, model: ${name}-model, ${price} }`,
    `  ${name}-messages: { provider: ${name}-b, model: ${name}-model, ${price} }`,
  ]);
  return `server: { host: 127.0.0.1, port: 0, body-limit: 131072 }
default-policy: main
telemetry:
  decision-log: { file: decisions.jsonl, max-size: 2097152, keep: 3 }
  log-level: warn
ledger: { path: ledger.sqlite }
health: { longest-pause: 2s, open: 2s, longest-open: 10s }
facts: { desk: { from: header.x-desk, type: text } }
providers:
${providers.join("\n")}
targets:
${targets.join("\n")}
`;
}

/** Writes the gateway's configuration and policies into a folder; returns the configuration's path. */
export function setStage(folder: string, providers: Omit<ProviderProcess, "stop">): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...policies, [unserved.name]: unserved.text }))
    writeFileSync(join(folder, `${name}.policy`), text);
  change(folder, 0);
  const file = join(folder, "signalbox.yaml");
  writeFileSync(file, configurationText(providers));
  return file;
}

export function change(folder: string, turn: number): void {
  writeFileSync(join(folder, "changing.policy"), changing(turn));
}
