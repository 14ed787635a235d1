import { expect, test } from "vitest";
import { createReplayGate } from "../../../src/cli/replay-gate.ts";
import type { ReloadEvent } from "../../../src/gateway/core.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { recordOf } from "../../support/simulation.ts";

const gated = (conditions: readonly string[], more = ""): Promise<TestGateway> =>
  startTestGateway({
    policies: { main: "otherwise a\n", other: "otherwise a\n" },
    yaml: `telemetry: { decision-log: decisions.jsonl }
admin: { key: "\${ADMIN}" }
reload: { replay: { carry-out: true, ${more}fail-if: ${JSON.stringify(conditions)} } }`,
    options: {
      gates: [createReplayGate()],
      variables: { UP_KEY: "sk-upstream-secret", ADMIN: "admin-secret" },
    },
  });

const beganMs = Date.parse("2026-11-23T10:00:00.000Z");

interface Told {
  readonly policy: string;
  readonly target: string;
  readonly tookMs: number;
  readonly outcome?: string;
}

/** A record for each second from `fromSecond`, of requests that one target answered or failed. */
const records = ({ policy, target, tookMs, outcome = "ok" }: Told, count: number, fromSecond = 0) =>
  Array.from({ length: count }, (_, at) => {
    const time = new Date(beganMs + (fromSecond + at) * 1_000).toISOString();
    const isAnswered = outcome === "ok";
    const attempt = {
      ...{ target, step: 0, outcome, startMs: 0, endMs: tookMs },
      ...(isAnswered
        ? {
            firstTokenMs: tookMs / 2,
            usage: {
              ...{ input: 1_000, output: 100, cachedRead: 0, cachedWrite: 0 },
              ...{ reasoning: 0, estimated: false },
            },
          }
        : { status: 500 }),
    };
    const id = `${policy}-${fromSecond + at}`;
    const more = { policy, time, id, attempts: [attempt], durationMs: tookMs, stream: true };
    return `${JSON.stringify(recordOf({ tokens: 1_000 }, more))}\n`;
  }).join("");

const quickMain = { policy: "main", target: "a", tookMs: 1_000 };
const slowOther = { policy: "other", target: "b", tookMs: 4_000 };
const brokenOther = { policy: "other", target: "b", tookMs: 50, outcome: "server_error" };

/** What keeps a changed `main` out. */
async function refusal(box: TestGateway, text: string): Promise<string | undefined> {
  const refused = box.gateway.nextReload(({ result }) => result === "refused");
  box.write("main.policy", text);
  await refused;
  const ready = (await (await fetch(`${box.gateway.url}/readyz`)).json()) as {
    configuration: { lastError?: string };
  };
  return ready.configuration.lastError;
}

async function passes(box: TestGateway, text: string): Promise<readonly string[]> {
  const swapped = box.gateway.nextReload(({ result }) => result === "swapped");
  box.write("main.policy", text);
  await swapped;
  return box.logged.flatMap((line) => {
    const { gate, msg } = JSON.parse(line) as { gate?: string; msg: string };
    return gate === "reload.replay" ? [msg] : [];
  });
}

test("a policy that would send requests to a slower target stays out, as fast as other policies' records show it", async () => {
  await using box = await gated(["latency.p95 > 2s"]);
  box.write("decisions.jsonl", records(slowOther, 40) + records(quickMain, 40, 40));
  expect(await refusal(box, "otherwise b\n")).toBe(
    "reload.replay: main: latency.p95 is 4 s, and must not be > 2 s (of the last 40 records)",
  );
  expect(box.logged.join("")).toContain("main: latency.p95 is 4 s");
  const tried = await fetch(`${box.gateway.url}/admin/reload`, {
    method: "POST",
    headers: { "x-signalbox-admin-key": "admin-secret" },
  });
  const { result, problems } = (await tried.json()) as ReloadEvent;
  expect([result, problems.map(({ summary }) => summary)]).toEqual([
    "refused",
    [expect.stringContaining("latency.p95 is 4 s, and must not be > 2 s")],
  ]);
  const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
  // Twice at least: a file may be seen to change more than once.
  expect(metrics).toMatch(/^signalbox_reloads_total\{result="refused"\} ([2-9]|\d\d)/m);
  expect(await passes(box, "otherwise a with retry 1\n")).toEqual([
    "main passes: 0 would go elsewhere first of the last 40 records",
  ]);
});

/** Lines in the order of their times. */
const byTime = (text: string): string => {
  const timeOf = (line: string): string => (JSON.parse(line) as { time: string }).time;
  const lines = text.split("\n").filter((line) => line !== "");
  return `${lines.toSorted((one, next) => (timeOf(one) < timeOf(next) ? -1 : 1)).join("\n")}\n`;
};

/** A line of a batch that came two hours before all others. */
const waited = `${JSON.stringify(
  recordOf(
    { tokens: 10 },
    {
      ...{ policy: "main", lane: "batch", attempts: [], id: "waited" },
      time: new Date(beganMs - 7_200_000).toISOString(),
    },
  ),
)}\n`;

test("an outage that other policies' records show is met at its time, and not after it", async () => {
  await using box = await gated(["failed > 10%"]);
  const others = records(brokenOther, 40) + records(slowOther, 80, 40);
  box.write("decisions.jsonl", byTime(others + records(quickMain, 40, 20)));
  expect(await refusal(box, "otherwise b with retry 0\n")).toContain(
    // Twenty of the forty come within it, and four before an attempt is allowed again.
    "main: failed is 60 %, and must not be > 10 %",
  );
  box.write("decisions.jsonl", waited + byTime(others + records(quickMain, 40, 20)));
  expect(await refusal(box, "otherwise b with retry 0  \n")).toContain(
    // The line that waited is there when the log begins, and fails as well.
    "main: failed is 61 %",
  );
  box.write("decisions.jsonl", waited + byTime(others + records(quickMain, 40, 60)));
  expect(await passes(box, "otherwise b with retry 0 \n")).toEqual([
    "main passes: 41 would go elsewhere first of the last 41 records",
  ]);
});

test("limits count as in the gateway, on the requests' own times", async () => {
  await using box = await gated(["limited > 50%"]);
  box.write("decisions.jsonl", records(quickMain, 60));
  expect(await refusal(box, "otherwise a with limit 10 per hour\n")).toMatch(
    /^reload\.replay: main: limited is 83\.3 %, and must not be > 50 %/,
  );
});

test("what cannot be played is told in the log", async () => {
  await using box = await gated(["failed > 10%"]);
  box.write("decisions.jsonl", records(quickMain, 5));
  expect(await passes(box, "otherwise a with cache exact for 1h\n")).toEqual([
    "main passes: 0 would go elsewhere first of the last 5 records",
    expect.stringMatching(/^main: not carried out as it would be: `cache`: .*5 of 5 requests/),
  ]);
});
