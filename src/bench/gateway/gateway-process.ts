import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../../gateway/start.ts";

/**
 * The gateway of the gateway benches, run as a process of its own with everything on: a policy, the decision log, metrics.
 * BENCH_POLICY picks the policy: `plain` answers from its first target, `falling` from its first fallback, `cached` from what it has
 * kept, and `semantic` from that too, found by what was asked.
 */
const policies: Readonly<Record<string, string>> = {
  plain:
    "if tokens < 20 and stream then small else if tools > 0 then big fallback small\notherwise big fallback small with timeout 30s, retry 0\n",
  falling: "otherwise broken fallback big with timeout 30s, retry 0\n",
  cached:
    "if tokens < 20 and stream then small else if tools > 0 then big fallback small\notherwise big fallback small with cache exact for 1h, timeout 30s, retry 0\n",
  semantic:
    "if tokens < 20 and stream then small else if tools > 0 then big fallback small\notherwise big fallback small with cache semantic above 0.9 for 1h, timeout 30s, retry 0\n",
};

const upstream = process.env["BENCH_UPSTREAM"] ?? "";
const name = process.env["BENCH_POLICY"] ?? "plain";
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
writeFileSync(
  join(folder, "signalbox.yaml"),
  `server: { port: 0 }
default-policy: bench
telemetry: { decision-log: decisions.jsonl, log-level: warn }
providers:
  ok: { kind: openai-compatible, url: ${upstream}/ok/v1, key: "\${BENCH_KEY}" }
  fail: { kind: openai-compatible, url: ${upstream}/fail/v1, key: "\${BENCH_KEY}" }
targets:
  big: { provider: ok, model: bench-model, price: { input: $2/M, output: $10/M }, context: 128k }
  small: { provider: ok, model: bench-model-small, price: { input: $1/M, output: $2/M }, context: 128k }
  broken: { provider: fail, model: bench-model, price: { input: $2/M, output: $10/M }, context: 128k }
`,
);
writeFileSync(join(folder, "bench.policy"), policies[name] ?? "");
process.env["BENCH_KEY"] = "bench";

const gateway = await startGateway({ configurationFile: join(folder, "signalbox.yaml") });
process.send?.({ url: gateway.url });
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
