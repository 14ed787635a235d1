import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, startGateway } from "../gateway/start.ts";
import { type Figure, figureOf } from "./figure.ts";
import { keyedPolicyText } from "./keyed-policy.ts";

const rounds = 7;
const ruleCount = 1_000;

const configuration = `server: { port: 0 }
default-policy: keyed
telemetry: { log-level: error }
providers:
  near: { kind: ollama, url: http://127.0.0.1:9 }
targets:
  small: { provider: near, model: small }
  large: { provider: near, model: large }
  fast: { provider: near, model: fast }
  local: { provider: near, model: local }
facts:
  tier: { from: key.tier, values: [free, pro] }
`;

/** Writes the edited file beside the one in force; what follows is measured from its renaming on. */
function draft(folder: string, round: number): string {
  const path = join(folder, "keyed.policy.new");
  const edited = keyedPolicyText(ruleCount).replace("tokens < 100 ", `tokens < ${200 + round} `);
  writeFileSync(path, edited);
  return path;
}

async function putInForce(gateway: Gateway, folder: string, path: string): Promise<number> {
  const swapped = gateway.nextReload(({ result }) => result === "swapped");
  renameSync(path, join(folder, "keyed.policy"));
  return (await swapped).swapMs;
}

/** From renaming an edited file of 1,000 rules into place to the swap, and how long the swap held the event loop. */
export async function reloadBench(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-reload-"));
  writeFileSync(join(folder, "signalbox.yaml"), configuration);
  writeFileSync(join(folder, "keyed.policy"), keyedPolicyText(ruleCount));
  const gateway = await startGateway({ configurationFile: join(folder, "signalbox.yaml") });
  const edits: number[] = [];
  const swaps: number[] = [];
  try {
    for (let round = -2; round < rounds; round += 1) {
      const path = draft(folder, round);
      const startedAtMs = performance.now();
      const swapMs = await putInForce(gateway, folder, path);
      if (round < 0) continue;
      edits.push(performance.now() - startedAtMs);
      swaps.push(swapMs);
    }
  } finally {
    await gateway.close(0);
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    figureOf({
      name: "edit of 1,000 rules to the swap, debounce included",
      unit: "ms",
      values: edits,
    }),
    figureOf({ name: "the swap's hold on the event loop", unit: "ms", values: swaps }),
  ];
}
