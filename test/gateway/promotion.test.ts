import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createReplayGate } from "../../src/cli/replay-gate.ts";
import { startGateway } from "../../src/gateway/start.ts";
import { logInto, type TestGateway } from "../support/gateway.ts";
import {
  ask,
  errorOf,
  main,
  next,
  send,
  shadowOf,
  start,
  variables,
} from "../support/shadow-gateway.ts";
import { recordOf, used } from "../support/simulation.ts";

describe("promoting a policy that decides beside another", () => {
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
      body: { policy: "main", result: "done", hash: expect.any(String), version: 2 },
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

  test("twice, at once or one after the other, promotes once: what was there before can still be put back", async () => {
    await using box = await start({ main, next });
    const order = { policy: "main" };
    const [first, second] = await Promise.all([
      ask(box, "/promote", order),
      ask(box, "/promote", order),
    ]);
    const third = await ask(box, "/promote", { ...order, hash: first.body["hash"] });
    expect(first.body).toMatchObject({ result: "done", version: 2 });
    const { hash } = first.body;
    const unchanged = { status: 200, body: { ...order, result: "unchanged", hash, version: 2 } };
    expect([second, third]).toEqual([unchanged, unchanged]);
    expect([fileOf(box, "main.policy"), fileOf(box, "main.policy.before")]).toEqual([next, main]);
    expect((await ask(box, "/rollback", order)).body).toMatchObject({ result: "done", version: 3 });
    expect(await send(box)).toBe("a");
    expect(audited(box)).toMatchObject(
      ["done", "unchanged", "unchanged", "done"].map((result) => ({ result })),
    );
  });

  test("two texts one after the other keeps the first as what was before the second", async () => {
    await using box = await start({ main, next });
    const order = { policy: "main" };
    const later = "otherwise c\n";
    await ask(box, "/promote", order);
    box.write("next.policy", later);
    await box.gateway.reload();
    expect((await ask(box, "/promote", order)).body).toMatchObject({ result: "done" });
    expect((await ask(box, "/promote", order)).body).toMatchObject({ result: "unchanged" });
    expect([fileOf(box, "main.policy"), fileOf(box, "main.policy.before")]).toEqual([later, next]);
    expect((await ask(box, "/rollback", order)).body).toMatchObject({ result: "done" });
    expect([fileOf(box, "main.policy"), fileOf(box, "main.policy.before")]).toEqual([next, later]);
  });

  test("a rollback to the text in force says that it changes nothing", async () => {
    await using box = await start({ main, next });
    box.write("main.policy.before", main);
    expect(await ask(box, "/rollback", { policy: "main" })).toMatchObject({
      ...{ status: 200, body: { policy: "main", result: "unchanged", version: 1 } },
    });
    expect([fileOf(box, "main.policy"), fileOf(box, "main.policy.before")]).toEqual([main, main]);
  });

  test("the files hold nothing else afterwards", async () => {
    await using box = await start({ main, next });
    await ask(box, "/promote", { policy: "main" });
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
