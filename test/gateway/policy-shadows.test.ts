import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createReplayGate } from "../../src/cli/replay-gate.ts";
import { startGateway } from "../../src/gateway/start.ts";
import { logInto, startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";
import { recordOf, used } from "../support/simulation.ts";

const adminKey = "sk-admin-0123456789";
const variables = { UP_KEY: "sk-upstream-secret", OPERATOR: adminKey };

const start = (policies: Record<string, string>, setup: TestSetup = {}): Promise<TestGateway> =>
  startTestGateway({
    ...{ policies, ...setup },
    yaml: `admin: { key: "\${OPERATOR}" }\nshadow-policies: { main: next }\n${setup.yaml ?? ""}`,
    options: { variables, ...setup.options },
  });

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(
  { gateway }: Pick<TestGateway, "gateway">,
  path: string,
  order?: unknown,
  key = adminKey,
): Promise<Answer> {
  const response = await fetch(`${gateway.url}/admin/shadow${path}`, {
    ...(order === undefined ? {} : { method: "POST", body: JSON.stringify(order) }),
    headers: { "x-signalbox-admin-key": key },
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const errorOf = ({ status, body }: Answer): unknown => {
  const { code, message } = body["error"] as { code: string; message: string };
  return [status, code, message];
};

async function send(box: TestGateway, body: object = {}, count = 1): Promise<string | null> {
  let target: string | null = null;
  for (let sent = 0; sent < count; sent += 1) {
    const response = await box.chat({ ...body });
    await response.text();
    target = response.headers.get("x-signalbox-target");
  }
  await box.gateway.shadowsSettled();
  return target;
}

async function shadowOf(box: TestGateway): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await ask(box, "");
  return (body["shadows"] as Readonly<Record<string, unknown>>[])[0] ?? {};
}

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

const main = "if tools > 0 then c\notherwise a\n";
const next = 'if tools > 0 then c\nif max_tokens > 100 then reject 403 "too long"\notherwise b\n';
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

describe("promoting it", () => {
  const fileOf = (box: Pick<TestGateway, "folder">, name: string): string =>
    readFileSync(join(box.folder, name), "utf8");
  const audited = ({ logged }: TestGateway): object[] =>
    logged
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ audit }) => audit !== undefined);

  test("puts it in force and in the file, so that a restart keeps it; rolling back undoes it, and back again", async () => {
    await using box = await start({ main, next });
    const done = await ask(box, "/promote", { policy: "main" });
    expect(done).toEqual({
      status: 200,
      body: { policy: "main", hash: expect.any(String), version: 2 },
    });
    expect(await send(box)).toBe("b");
    expect([fileOf(box, "main.policy"), fileOf(box, "main.policy.before")]).toEqual([next, main]);
    expect(await shadowOf(box)).toMatchObject({ decided: 1, same: 1 });
    const restarted = await startGateway({
      ...{ configurationFile: join(box.folder, "signalbox.yaml"), variables },
      logger: logInto([]),
    });
    expect(restarted.policies().find(({ name }) => name === "main")?.hash).toBe(done.body["hash"]);
    await restarted.kill();
    expect((await ask(box, "/rollback", { policy: "main" })).status).toBe(200);
    expect(await send(box)).toBe("a");
    expect([fileOf(box, "main.policy"), fileOf(box, "main.policy.before")]).toEqual([main, next]);
    expect((await ask(box, "/rollback", { policy: "main" })).status).toBe(200);
    expect(await send(box)).toBe("b");
    expect(audited(box)).toMatchObject([
      {
        audit: "promote",
        actor: expect.stringContaining("OPERATOR"),
        policy: "main",
        result: "done",
      },
      { audit: "put-back", policy: "main", result: "done" },
      { audit: "put-back", policy: "main", result: "done" },
    ]);
  });

  test("the files hold nothing else afterwards", async () => {
    await using box = await start({ main, next });
    await ask(box, "/promote", { policy: "main" });
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(box.folder).toSorted()).toEqual([
      ...["main.policy", "main.policy.before", "next.policy", "signalbox.yaml"],
    ]);
  });

  test("goes through the gates: where one refuses, file and policy are what they were", async () => {
    await using box = await start(
      { main, next },
      {
        yaml: 'telemetry: { decision-log: decisions.jsonl }\nreload: { replay: { fail-if: ["cost.delta > 5%"] } }',
        options: { variables, gates: [createReplayGate()] },
      },
    );
    const record = recordOf(
      { tools: 0, max_tokens: null },
      { policy: "main", ...used("a", 1_000, 100) },
    );
    box.write("decisions.jsonl", `${JSON.stringify(record)}\n`);
    const [status, code, message] = errorOf(
      await ask(box, "/promote", { policy: "main" }),
    ) as string[];
    expect([status, code]).toEqual([409, "replacement_refused"]);
    expect(message).toMatch(/nothing was changed: reload\.replay: main: cost\.delta is \+/);
    expect(fileOf(box, "main.policy")).toBe(main);
    expect(() => fileOf(box, "main.policy.before")).toThrow("ENOENT");
    expect(await send(box)).toBe("a");
    const ready = (await (await fetch(`${box.gateway.url}/readyz`)).json()) as object;
    expect(JSON.stringify(ready)).not.toContain("lastError");
    expect(audited(box)).toMatchObject([{ audit: "promote", result: "refused" }]);
  });

  test("and through the policy's own cases", async () => {
    await using box = await start({ main, next });
    box.write("main.cases.yaml", "- { name: to a, expect: a }\n");
    await box.gateway.reload();
    const [, , message] = errorOf(await ask(box, "/promote", { policy: "main" })) as string[];
    expect(message).toMatch(/the test `to a` fails/);
    expect(await send(box)).toBe("a");
  });

  test("taking it back asks no replay whether that costs more", async () => {
    await using box = await start(
      { main: "otherwise b\n", next: "otherwise a\n" },
      {
        yaml: 'telemetry: { decision-log: decisions.jsonl }\nreload: { replay: { fail-if: ["cost.delta > 5%"] } }',
        options: { variables, gates: [createReplayGate()] },
      },
    );
    const record = recordOf({}, { policy: "main", ...used("a", 1_000, 100) });
    box.write("decisions.jsonl", `${JSON.stringify(record)}\n`);
    expect((await ask(box, "/promote", { policy: "main" })).status).toBe(200);
    expect((await ask(box, "/rollback", { policy: "main" })).status).toBe(200);
    expect(await send(box)).toBe("b");
  });

  test("is refused where the file holds changes that are not in force: nobody's edit is lost", async () => {
    await using box = await start({ main, next });
    const edit = "otherwise nobody\n";
    box.write("main.policy", edit);
    await box.gateway.reload();
    const [status, code, message] = errorOf(
      await ask(box, "/promote", { policy: "main" }),
    ) as string[];
    expect([status, code]).toEqual([409, "replacement_refused"]);
    expect(message).toMatch(/main\.policy does not hold what is in force/);
    expect(fileOf(box, "main.policy")).toBe(edit);
  });

  test("is refused where the file is a link, or cannot be written", async () => {
    await using box = await start({ main, next });
    mkdirSync(join(box.folder, "elsewhere"));
    writeFileSync(join(box.folder, "elsewhere", "main.policy"), main);
    rmSync(join(box.folder, "main.policy"));
    symlinkSync(join("elsewhere", "main.policy"), join(box.folder, "main.policy"));
    await box.gateway.reload();
    const [, , message] = errorOf(await ask(box, "/promote", { policy: "main" })) as string[];
    expect(message).toMatch(/main\.policy is a link/);
    rmSync(join(box.folder, "main.policy"));
    box.write("main.policy", main);
    mkdirSync(join(box.folder, "main.policy.before", "full"), { recursive: true });
    const [, , why] = errorOf(await ask(box, "/promote", { policy: "main" })) as string[];
    expect(why).toMatch(/cannot write beside .*main\.policy: EISDIR|ENOTEMPTY|EEXIST/);
    expect(fileOf(box, "main.policy")).toBe(main);
    expect(await send(box)).toBe("a");
  });

  test.each([
    ["/promote", { policy: "other" }, 404, "no_shadow_policy"],
    ["/promote", { policy: "../main" }, 404, "no_shadow_policy"],
    ["/promote", { policy: "main", hash: "0000000000000000" }, 412, "candidate_changed"],
    ["/promote", {}, 400, "invalid_value"],
    ["/promote", { policy: 1 }, 400, "invalid_value"],
    ["/promote", { policy: "main", file: "/etc/passwd" }, 400, "invalid_value"],
    ["/rollback", { policy: "main", hash: "x" }, 400, "invalid_value"],
    ["/rollback", { policy: "main" }, 404, "nothing_before"],
    ["/rollback", { policy: "../main" }, 409, "policy_not_in_force"],
    ["/other", { policy: "main" }, 404, "unknown_url"],
  ])("%s %j is refused with %i %s", async (path, order, status, code) => {
    await using box = await start({ main, next, other: "otherwise a\n" });
    expect((errorOf(await ask(box, path, order)) as unknown[]).slice(0, 2)).toEqual([status, code]);
    expect(fileOf(box, "main.policy")).toBe(main);
  });

  test("wants the admin key, and POST", async () => {
    await using box = await start({ main, next });
    for (const [path, order] of [
      ["", undefined],
      ["/promote", { policy: "main" }],
      ["/rollback", { policy: "main" }],
    ] as const)
      expect((await ask(box, path, order, "wrong")).status).toBe(401);
    expect((await ask(box, "/promote")).status).toBe(405);
    expect((await ask(box, "", {})).status).toBe(405);
    expect(fileOf(box, "main.policy")).toBe(main);
  });

  test("two at once follow one another, and the second finds nothing to do but what it was asked", async () => {
    await using box = await start({ main, next });
    const answers = await Promise.all([
      ask(box, "/promote", { policy: "main" }),
      ask(box, "/rollback", { policy: "main" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await send(box)).toBe("a");
  });
});
