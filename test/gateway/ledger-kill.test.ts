import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLedgerFile } from "../../src/runtime/store/ledger-file.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { serve } from "../support/command.ts";
import { startCrampedGateway } from "../support/full-disk.ts";
import { configurationText } from "../support/gateway.ts";

const cycles = process.env["SIGNALBOX_LONG"] === "1" ? 40 : 4;
const lanes = 8;
const acknowledgedPerCycle = 60;

let upstream: StandIn;
let folder: string;

beforeAll(async () => {
  upstream = await startStandIn({ records: true });
  folder = mkdtempSync(join(tmpdir(), "signalbox-ledger-"));
  writeFileSync(join(folder, "signalbox.yaml"), configurationText(upstream.url, {}));
  writeFileSync(
    join(folder, "main.policy"),
    "otherwise a fallback b with budget $5 per day, limit 1M per day\n",
  );
});

afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

test("what an answer that has ended came to is in the ledger, however the gateway was killed", {
  timeout: 300_000,
}, async () => {
  const acknowledged: string[] = [];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const gateway = await serve(["--config", join(folder, "signalbox.yaml")], {
      env: { UP_KEY: "sk-upstream-secret" },
    });
    const enough = acknowledged.length + acknowledgedPerCycle;
    const lane = async (of: number): Promise<void> => {
      for (let n = 0; ; n += 1) {
        const id = `kill-${cycle}-${of}-${n}`;
        const answered = await ask(gateway.first.listening, id, n % 2 === 0).catch(() => false);
        if (!answered) return;
        acknowledged.push(id);
        if (acknowledged.length === enough) void gateway.stop("SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, of) => lane(of)));
    await gateway.ended;
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(cycles * acknowledgedPerCycle);
  const file = openLedgerFile(join(folder, ".signalbox/ledger.sqlite"), {
    ...{ later: setImmediate, survives: "process", atMs: Date.now() },
    failed: (error) => expect(error).toBeNull(),
  });
  const lost = acknowledged.filter((id) => file.ledger.of(id).length !== 1);
  expect(lost).toEqual([]);
  file.close();
});

/** Whether an answer came to its end. */
async function ask(url: string, id: string, stream: boolean): Promise<boolean> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": id },
    body: JSON.stringify({
      ...{ model: "main", stream, max_tokens: 5 },
      messages: [{ role: "user", content: "hello" }],
    }),
  });
  await answer.text();
  return answer.status === 200;
}

test("a disk without room is told to requests that count and to the log, and never ends the gateway", async () => {
  await using cramped = await startCrampedGateway(
    { policy: "otherwise home with limit 1M per day", yaml: "ledger: { path: l.sqlite }\n" },
    400_000,
  );
  const round = (n: number): Promise<boolean[]> =>
    Promise.all(Array.from({ length: 50 }, (_, of) => ask(cramped.url, `full-${n}-${of}`, false)));
  const counted = async (name: string): Promise<number> => {
    const metrics = await (await fetch(`${cramped.url}/metrics`)).text();
    return Number(new RegExp(`^signalbox_${name} (\\d+)$`, "m").exec(metrics)?.[1] ?? 0);
  };
  let rounds = 0;
  while ((await counted("ledger_failures_total")) === 0 && rounds < 40)
    expect(await round(rounds++)).not.toContain(false);
  expect(await counted("ledger_failures_total")).toBeGreaterThan(0);
  // What is decided in memory goes on: answers are given, and their rows wait.
  expect(await round(rounds)).not.toContain(false);
  expect(await counted("ledger_rows_unwritten")).toBeGreaterThan(0);
  expect(cramped.ended()).toBeNull();
});
