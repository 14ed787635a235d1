import { describe, expect, test } from "vitest";
import { chunk, eventStream } from "../support/gateway.ts";
import { type KeyDesk, startKeyDesk } from "../support/key-desk.ts";

const day = 86_400_000;
const finish = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');
const policies = { main: "otherwise a\n", other: "otherwise c\n" };
const start = (setup = {}): Promise<KeyDesk> => startKeyDesk({ policies, ...setup });

describe("a key that is made at run time", () => {
  test("opens the gateway from its answer on; its secret is in that answer alone", async () => {
    await using desk = await start();
    const made = await desk.admin("POST /admin/keys", { name: "app", user: "ann" });
    expect([made.status, made.etag]).toEqual([201, '"1"']);
    const { secret = "", ...report } = made.body;
    expect(secret).toMatch(/^sb-[A-Za-z0-9_-]{48}$/);
    expect(report).toEqual({
      ...{ name: "app", source: "made", state: "active", prefix: secret.slice(0, 7) },
      ...{ user: "ann", team: null, tier: null, attributes: {}, policy: null, models: null },
      ...{ created: "2026-11-23T10:00:00.000Z", expires: null, revoked: null, lastUsed: null },
      oldSecretsUntil: [],
    });
    expect(await desk.as(secret)).toBe("200 main");
    const told = [await desk.admin("GET /admin/keys"), await desk.admin("GET /admin/keys/app")];
    expect(JSON.stringify(told)).not.toContain(secret);
    expect(told[0]?.body).toEqual({ keys: [{ ...report, lastUsed: report.created }], next: null });
    expect(told[1]?.etag).toBe('"1"');
  });

  test("is one of 288 bits that was never there before", async () => {
    await using desk = await start();
    const secrets = new Set<string>();
    for (let n = 0; n < 20; n += 1) secrets.add(await desk.make({ name: `k${n}` }));
    expect(secrets.size).toBe(20);
  });

  test("says who a request is from: key, user, team, tier and what else it has", async () => {
    await using desk = await start({
      yaml: `facts:
  seats: { from: key.seats, type: whole }
telemetry: { decision-log: decisions.jsonl }
`,
      policies: {
        main: 'if seats > 3 and tier is "pro" and team is "berlin" and user is "ann" and key is "app" then b\notherwise a\n',
      },
    });
    const order = { user: "ann", team: "berlin", tier: "pro", attributes: { seats: 5 } };
    const secret = await desk.make({ name: "app", ...order });
    const twin = await desk.make({ name: "twin", ...order });
    const target = async (bearer: string): Promise<string | null> => {
      const response = await desk.chat({}, { authorization: `Bearer ${bearer}` });
      await response.text();
      return response.headers.get("x-signalbox-target");
    };
    expect([await target(secret), await target(twin)]).toEqual(["b", "a"]);
    await desk.admin("PATCH /admin/keys/app", { attributes: { seats: 2 } });
    expect(await target(secret)).toBe("a");
    await desk.admin("PATCH /admin/keys/app", { attributes: { seats: 4 } });
    expect(await target(secret)).toBe("b");
    await desk.admin("PATCH /admin/keys/app", { tier: null });
    expect(await target(secret)).toBe("a");
    const { body } = await desk.admin("GET /admin/keys/app");
    expect(body).toMatchObject({ tier: null, attributes: { seats: 4 }, team: "berlin" });
  });

  test("runs its policy, and names what it may; the rest is told like what is not there", async () => {
    await using desk = await start();
    const secret = await desk.make({ name: "app", policy: "other", models: ["a", "up/gpt-4.1"] });
    const answers = [
      ["whatever", "200 other"],
      ["other", "200 other"],
      ["a", "200 other"],
      ["up/gpt-4.1", "200 other"],
      ["main", "404 model_not_found"],
      ["b", "404 model_not_found"],
      ["up/gpt-4.1-mini", "404 model_not_found"],
    ];
    for (const [model, expected] of answers)
      expect([model, await desk.as(secret, { model })]).toEqual([model, expected]);
    const list = await fetch(`${desk.gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { data } = (await list.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["other", "a"]);
    await desk.admin("PATCH /admin/keys/app", { policy: null, models: null });
    expect(await desk.as(secret, { model: "b" })).toBe("200 main");
  });

  test("never runs a policy that it may not name: not by an unknown model, and not where its own is gone", async () => {
    await using desk = await start({
      yaml: `keys: { own: { key: "\${OWN}", policy: gone } }\n`,
      options: { variables: { OWN: "sk-own" } },
    });
    const narrow = await desk.make({ name: "narrow", models: ["other"] });
    expect(await desk.as(narrow, { model: "other" })).toBe("200 other");
    expect(await desk.as(narrow, { model: "gpt-4o" })).toBe("404 model_not_found");
    expect(await desk.as("sk-own", { model: "gpt-4o" })).toBe("404 model_not_found");
    expect(desk.logged.filter((line) => line.includes("its requests are refused"))).toHaveLength(1);
  });

  test("expires by the clock, and only its bearer hears so", async () => {
    await using desk = await start();
    const secret = await desk.make({ name: "app", expires: "2026-11-24" });
    const short = await desk.make({ name: "short", expires: "90m" });
    expect(await desk.as(short)).toBe("200 main");
    desk.clock.pass(90 * 60_000);
    expect([await desk.as(short), await desk.as(`${short}x`)]).toEqual([
      "401 expired_api_key",
      "401 invalid_api_key",
    ]);
    desk.clock.pass(1.5 * day - 5_400_000 + 7_199_999);
    expect(await desk.as(secret)).toBe("200 main");
    desk.clock.pass(1);
    expect(await desk.as(secret)).toBe("401 expired_api_key");
    expect((await desk.admin("GET /admin/keys/app")).body.state).toBe("expired");
    await desk.admin("PATCH /admin/keys/app", { expires: null });
    expect(await desk.as(secret)).toBe("200 main");
  });

  test("is disabled and enabled; revoked, it stays so", async () => {
    await using desk = await start();
    const secret = await desk.make({ name: "app" });
    await desk.admin("PATCH /admin/keys/app", { disabled: true });
    expect(await desk.as(secret)).toBe("401 disabled_api_key");
    await desk.admin("PATCH /admin/keys/app", { disabled: false });
    expect(await desk.as(secret)).toBe("200 main");
    const revoked = await desk.admin("POST /admin/keys/app/revoke", { reason: "leaked" });
    expect(revoked.body).toMatchObject({ state: "revoked", revoked: "2026-11-23T10:00:00.000Z" });
    expect(await desk.as(secret)).toBe("401 revoked_api_key");
    for (const line of ["PATCH /admin/keys/app", "POST /admin/keys/app/rotate"]) {
      const { status, body } = await desk.admin(line, line.startsWith("P") ? bodyFor(line) : {});
      expect([line, status, body.error?.code]).toEqual([line, 409, "key_revoked"]);
    }
    expect((await desk.admin("POST /admin/keys/app/revoke")).status).toBe(200);
    expect((await desk.admin("POST /admin/keys", { name: "app" })).body.error?.code).toBe(
      "key_exists",
    );
  });

  test("is deleted: its secret is then one that nobody knows, and its name is free", async () => {
    await using desk = await start();
    const secret = await desk.make({ name: "app" });
    expect((await desk.admin("DELETE /admin/keys/app")).status).toBe(204);
    expect(await desk.as(secret)).toBe("401 invalid_api_key");
    // Though no key is left, the gateway is no open one.
    expect(await desk.as(null)).toBe("401 invalid_api_key");
    expect(await desk.as(await desk.make({ name: "app" }))).toBe("200 main");
  });
});

const bodyFor = (line: string): object =>
  line.startsWith("PATCH") ? { user: "x" } : { grace: "0s" };

describe("rotating a key", () => {
  test("gives a new secret, and lets the old one go on for the stated grace", async () => {
    await using desk = await start();
    const first = await desk.make({ name: "app" });
    const rotated = await desk.admin("POST /admin/keys/app/rotate", { grace: "1h" });
    const second = rotated.body.secret ?? "";
    expect([rotated.status, rotated.etag, rotated.body.oldSecretsUntil]).toEqual([
      200,
      '"2"',
      ["2026-11-23T11:00:00.000Z"],
    ]);
    expect(rotated.body.prefix).toBe(second.slice(0, 7));
    expect([await desk.as(first), await desk.as(second)]).toEqual(["200 main", "200 main"]);
    desk.clock.pass(3_600_000);
    expect([await desk.as(first), await desk.as(second)]).toEqual([
      "401 expired_api_key",
      "200 main",
    ]);
  });

  test("once more, as when the answer was lost, keeps what clients have; 0s ends all but the newest", async () => {
    await using desk = await start();
    const secrets = [await desk.make({ name: "app" })];
    const rotate = async (grace: string): Promise<void> => {
      const { body } = await desk.admin("POST /admin/keys/app/rotate", { grace });
      secrets.push(body.secret ?? body.error?.code ?? "");
    };
    await rotate("2h");
    await rotate("1h");
    const all = (): Promise<string[]> => Promise.all(secrets.map((each) => desk.as(each)));
    expect(await all()).toEqual(["200 main", "200 main", "200 main"]);
    await rotate("0s");
    expect(await all()).toEqual([
      ...["401 expired_api_key", "401 expired_api_key", "401 expired_api_key"],
      "200 main",
    ]);
    for (let n = 0; n < 7; n += 1) await rotate("1d");
    expect(secrets.at(-1)).toMatch(/^sb-/);
    await rotate("1d");
    expect(secrets.at(-1)).toBe("too_many_secrets");
  });
});

test("streams under way end by themselves when their key is revoked; what is still being sent is refused", async () => {
  const gate = Promise.withResolvers<void>();
  await using desk = await start({
    script: () => ({
      headers: eventStream,
      body: [chunk("begun"), chunk(" done"), finish, "data: [DONE]\n\n"],
      hold: (piece: number) => (piece === 1 ? gate.promise : undefined),
    }),
  });
  const secret = await desk.make({ name: "app" });
  const bearer = { authorization: `Bearer ${secret}` };
  const stream = await desk.chat({ stream: true }, bearer);
  const rest = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = fetch(`${desk.gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: bearer,
    duplex: "half",
    body: new ReadableStream({
      async start(body) {
        body.enqueue(Buffer.from('{"model":"main","messages":[{"role":"user",'));
        begun.resolve();
        await rest.promise;
        body.enqueue(Buffer.from('"content":"hello"}]}'));
        body.close();
      },
    }),
  } as RequestInit);
  await begun.promise;
  // Its head is in once the gateway answers another request on a later connection.
  await (await desk.chat({ stream: true }, { authorization: "Bearer no" })).text();
  await desk.admin("POST /admin/keys/app/revoke");
  expect(await desk.as(secret)).toBe("401 revoked_api_key");
  gate.resolve();
  rest.resolve();
  expect(await stream.text()).toContain("[DONE]");
  const late = await slow;
  expect([late.status, await late.text()]).toEqual([
    401,
    expect.stringContaining("revoked_api_key"),
  ]);
  expect(desk.upstream.calls).toHaveLength(1);
});

test("when it was last used is known to the minute, and written off the path of requests", async () => {
  await using desk = await start();
  const secret = await desk.make({ name: "app" });
  desk.clock.pass(61_234);
  await desk.as(secret);
  desk.clock.pass(20_000);
  await desk.as(secret);
  const { body } = await desk.admin("GET /admin/keys/app");
  expect(body.lastUsed).toBe("2026-11-23T10:01:00.000Z");
});

test("requests whose key opens nothing are counted by why", async () => {
  await using desk = await start();
  const secret = await desk.make({ name: "app" });
  await desk.admin("POST /admin/keys/app/revoke");
  for (const said of [null, "wrong", "x".repeat(2_000), secret]) await desk.as(said);
  const page = await (await fetch(`${desk.gateway.url}/metrics`)).text();
  for (const reason of ["missing", "unknown", "malformed", "revoked"])
    expect(page).toContain(`signalbox_key_refusals_total{reason="${reason}"} 1`);
});

test("where the configuration wants keys and has none, those made at run time alone open the gateway", async () => {
  // An address of loopback that does not look like one: beyond loopback, keys have to be wanted.
  const server = (rest = "") => ({
    server: `${rest}max-depth: 64`,
    options: { host: "::ffff:127.0.0.1" },
  });
  await expect(start(server())).rejects.toThrow("or `server.require-keys`");
  await using desk = await start(server("require-keys: true, "));
  expect(await desk.as(null)).toBe("401 invalid_api_key");
  const secret = await desk.make({ name: "first" });
  expect(await desk.as(secret)).toBe("200 main");
});
