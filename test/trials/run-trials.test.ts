import { describe, expect, test } from "vitest";
import { runText } from "../support/trials.ts";

const policy = `
never qwen when pii
rule "short": if tokens < 200 and intent is classify then local-gpu fallback gpt with retry 2, tag "x"
rule "dear": if team is research then claude fallback qwen with timeout 10s, max_tokens 100
rule "shadowed": if team is trial then gpt with shadow 10% to mistral-eu, limit 5 per minute by user
rule "asked": if team is free then requested fallback gpt
rule "closed": if team is nobody then reject 451 "no"
otherwise gpt fallback claude
`;

async function verdict(row: string): Promise<string> {
  const { results } = await runText(`${policy}\ntest "t" ${row}`);
  return results[0]?.message ?? "ok";
}

describe("an expectation that is met, and one that is not", () => {
  test.each<[string, string]>([
    ["given tokens 40, intent classify expect local-gpu", "ok"],
    ["given tokens 40, intent classify expect local-gpu fallback gpt", "ok"],
    ["expect local-gpu", "expected `local-gpu`, but the decision is `gpt fallback claude`"],
    [
      "expect gpt fallback qwen",
      "expected `gpt fallback qwen`, but the decision is `gpt fallback claude`",
    ],
    ["expect gpt fallback claude fallback qwen", "but the decision is `gpt fallback claude`"],
    ["given team nobody expect reject", "ok"],
    ["given team nobody expect reject 451", "ok"],
    [
      "given team nobody expect reject 403",
      "expected `reject 403`, but the decision is `reject 451`",
    ],
    ["given team nobody expect gpt", "but the decision is `reject 451`"],
    ["expect reject", "expected `reject`, but the decision is `gpt fallback claude`"],
    ['given tokens 1, intent classify expect rule "short"', "ok"],
    ["expect rule otherwise", "ok"],
    ['expect rule "short"', '`rule "short"`, but `otherwise` decides: `gpt fallback claude`'],
    ["given team research expect attempts <= 4", "ok"],
    ["given team research expect attempts < 4", "expected `attempts < 4`, but attempts can be 4"],
    ["given team research expect time <= 3m", "ok"],
    ["given team research expect time < 10s", "but time can be "],
    ["given tokens 1k expect cost <= $0.1", "ok"],
    ["given tokens 1k expect cost < $0.01", "expected `cost < $0.01`, but cost can be $0.09"],
    ["given team research expect cost < $1", "but nothing bounds it: a target has no known price"],
    ["given team nobody expect cost < $0.01", "ok"],
    ["expect target.region is us", "ok"],
    [
      "given tokens 1, intent classify expect target.region is us",
      "but it is false of `local-gpu`, which the plan can reach",
    ],
    ["given team trial expect target.quantization is awq", "but it is not known of `gpt`"],
    ["given team trial expect never qwen", "ok"],
    [
      "given team trial expect never mistral-eu",
      "expected `never mistral-eu`, but it is true of `mistral-eu`",
    ],
    ["given team trial expect never target.quantization is awq", "but it is not known of `gpt`"],
    ["given team research expect timeout 10s", "ok"],
    ["given team research expect timeout 11s", "but the plan's `timeout` is 10000 ms"],
    ["expect timeout 300s, retry 1", "ok"],
    ["given team trial expect limit 5 per minute by user", "ok"],
    ["given team trial expect limit 5 per minute", "but the plan's `limit` is "],
    ["given team trial expect tag x", "but the plan has no `tag`"],
    ["given team trial expect shadow 10% to mistral-eu, no cache", "ok"],
    ['given tokens 1, intent classify expect tag "x"', "ok"],
    ["given team research, pii true expect guard", "ok"],
    ['given team research, pii true expect guard "never qwen", claude', "ok"],
    ['given team research, pii unknown expect guard "never  qwen when pii"', "ok"],
    ["given team research, pii true expect no guard", "but these acted: `never qwen when pii`"],
    ["given team research expect guard", "but no guard had anything to do"],
    ["given team research expect no guard, claude fallback qwen", "ok"],
    ["given team free, model qwen, pii true expect gpt, guard", "ok"],
    ["given team free, model claude expect claude fallback gpt", "ok"],
    ["given team free expect gpt", "ok"],
  ])("%s", async (row, expected) => {
    const said = await verdict(row);
    if (expected === "ok") expect(said).toBe("ok");
    else expect(said).toContain(expected);
  });

  test("a plan that a guard refuses is a rejection with 403, and the guard has acted", async () => {
    const { results } = await runText(
      'never qwen otherwise requested test "t" given model qwen expect reject 403, guard',
    );
    expect(results).toMatchObject([{ ok: true }]);
  });
});

describe("a fact that is not given", () => {
  const decides = async (condition: string, given: string): Promise<boolean> => {
    const text = `if ${condition} then gpt else claude test "t" ${given} expect gpt`;
    return (await runText(text)).results[0]?.ok === true;
  };

  test.each<[string, string, boolean]>([
    ["tokens = 0 and max_tokens = 0", "", true],
    ["tokens + max_tokens = 0", "", true],
    ["user is unknown", "", false],
    ["user is unknown", "given user unknown", true],
    ["intent is unknown", "", false],
    ["intent is not classify", "", true],
    ["intent is not classify", "given intent unknown", false],
    ["reasoning is none and json is none and tool_choice is none", "", true],
    ["endpoint is chat", "", true],
    ["stream", "", false],
    ["grade is free", "", true],
    ["grade is free", "given grade pro", false],
    ["spend = $0 and due = 0s and rate = $0/M and risk = 0", "", true],
    ["spend.user.today = $0 and rate.user.minute = 0", "", true],
    ["claude.healthy and claude.queue = 0 and claude.ttft = 0s", "", true],
    ["claude.healthy", "given claude.healthy false", false],
    ["claude.queue > 2", "given claude.queue 3", true],
    ['prompt contains "refund"', "", false],
    ["time in 00:00..01:00 and weekday is thu and date is 1970-01-01", "", true],
    ["time in 09:00..10:00 Europe/Berlin", "given time 09:30", true],
    ["time in 09:00..10:00 Europe/Berlin", 'given time "2026-11-23T08:30:00Z"', true],
    ["weekday is mon and date is 2026-11-23", 'given time "2026-11-23T08:30:00Z"', true],
    ["weekday is mon", "given date 2026-11-23", true],
    ["weekday is sun", "given weekday sun", true],
    ["weekday is unknown", "given weekday unknown", true],
  ])("%s %s: %s", async (condition, given, holds) => {
    expect(await decides(condition, given)).toBe(holds);
  });

  test.each<[string, string, boolean]>([
    ["prompt matches /refund/", 'given prompt "I want a refund"', true],
    [
      "intent is classify",
      'given prompt "Classify this review as positive or negative: cold soup."',
      true,
    ],
    [
      "intent is chat",
      'given prompt "Classify this review as positive or negative", intent chat',
      true,
    ],
    [
      "language is de",
      'given prompt "Bitte schreiben Sie mir einen kurzen Brief an die Behörde."',
      true,
    ],
    ["code", 'given prompt "function f(x) { return x + 1; } // why does it fail?"', true],
    ["pii", 'given prompt "my mail is anna@example.org"', true],
    ["pii", 'given system "mail anna@example.org"', true],
    ["pii", 'given prompt "my mail is anna@example.org", pii false', false],
    ["personal", 'given prompt "my mail is anna@example.org"', true],
    ["personal", "", false],
    ["tokens > 7 and tokens < 20", 'given prompt "one two three"', true],
    ["tokens = 5", 'given prompt "one two three", tokens 5', true],
    ['system contains "terse"', 'given system "be terse"', true],
  ])("a prompt tells: %s %s: %s", async (condition, given, holds) => {
    expect(await decides(condition, given)).toBe(holds);
  });
});

test("live facts of targets choose where a plan leads", async () => {
  const { results } = await runText(
    `otherwise fastest of [claude, gpt]
     test "t" given claude.ttft 200ms, gpt.ttft 1s expect claude
              given claude.ttft 2s, gpt.ttft 1s expect gpt
              given claude.healthy false expect gpt`,
  );
  expect(results.map(({ ok, row }) => [row, ok])).toEqual([
    [1, true],
    [2, true],
    [3, true],
  ]);
});

test("a split by request is stable: each row has an id of its own", async () => {
  const text = `otherwise split: 50% claude, 50% gpt\ntest "t" ${"expect claude ".repeat(40)}`;
  const [one, other] = [await runText(text), await runText(text)];
  const verdicts = one.results.map(({ ok }) => ok);
  expect(other.results.map(({ ok }) => ok)).toEqual(verdicts);
  expect(new Set(verdicts)).toEqual(new Set([true, false]));
});

test("a failure says where it stands and comes with its explanation; a success with neither", async () => {
  const { results } = await runText(
    'if tokens < 9 then gpt else claude\ntest "t"\n  given tokens 5 expect gpt\n  given tokens 9 expect gpt',
  );
  expect(results).toMatchObject([
    { file: "test.policy", line: 3, name: "t", row: 1, ok: true },
    {
      line: 4,
      row: 2,
      ok: false,
      message: "expected `gpt`, but the decision is `claude`",
      explanation: { decision: { targets: ["claude"] }, trace: [{ result: "false" }, {}] },
    },
  ]);
  expect(results[0]).not.toHaveProperty("explanation");
});
