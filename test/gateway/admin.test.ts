import { expect, test } from "vitest";
import type { ReloadEvent } from "../../src/gateway/core.ts";
import {
  chunk,
  eventStream,
  refusal,
  startTestGateway,
  type TestGateway,
  type TestSetup,
} from "../support/gateway.ts";

const adminKey = "sk-admin-0123456789";
const variables = { UP_KEY: "sk-upstream-secret", OPERATOR: adminKey };

const start = (setup: TestSetup = {}, listener = ""): Promise<TestGateway> =>
  startTestGateway({
    ...setup,
    yaml: `admin: { key: "\${OPERATOR}"${listener} }\n${setup.yaml ?? ""}`,
    options: { variables, ...setup.options },
  });

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const keyed = { "x-signalbox-admin-key": adminKey };

async function ask(
  { gateway }: TestGateway,
  path: string,
  order?: unknown,
  headers: Readonly<Record<string, string>> = keyed,
): Promise<Answer> {
  const response = await fetch(`${gateway.adminUrl ?? gateway.url}${path}`, {
    ...(order === undefined
      ? {}
      : { method: "POST", body: typeof order === "string" ? order : JSON.stringify(order) }),
    headers,
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const errorOf = ({ status, body }: Answer): unknown => {
  const { code, param } = body["error"] as { code: string; param: string | null };
  return [status, code, param];
};

async function targetOf(box: TestGateway, body = {}): Promise<string> {
  const response = await box.chat(body);
  await response.text();
  return `${response.status} ${response.headers.get("x-signalbox-target")}`;
}

/** What the log tells of operators' orders. */
const audited = ({ logged }: TestGateway): Record<string, unknown>[] =>
  logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ audit }) => audit !== undefined);

async function edit(box: TestGateway, name: string, text: string): Promise<ReloadEvent> {
  const reloaded = box.gateway.nextReload(({ result }) => result === "swapped");
  box.write(name, text);
  return await reloaded;
}

test("an operator holds a breaker open, then closed, then lets it be; each is one line of the log", async () => {
  let down = false;
  await using box = await start({
    policies: { main: "otherwise a fallback b with retry 0\n" },
    script: ({ body }) => (down && body["model"] === "model-a" ? refusal(500) : null),
  });
  const breaker = (state: string, reason?: string) =>
    ask(box, "/admin/targets/a/breaker", { state, ...(reason === undefined ? {} : { reason }) });
  expect(await targetOf(box)).toBe("200 a");
  const opened = await breaker("open", "the card is hot");
  expect(opened).toMatchObject({
    status: 200,
    body: { name: "a", state: "broken", breaker: "open", breakerSetTo: "open" },
  });
  const asked = box.upstream.calls.length;
  expect(await targetOf(box)).toBe("200 b");
  expect(box.upstream.calls.slice(asked).map(({ body }) => body["model"])).toEqual(["model-b"]);
  await breaker("closed");
  down = true;
  // Seven failures in a row would have opened it.
  for (let turn = 0; turn < 7; turn += 1) expect(await targetOf(box)).toBe("200 b");
  expect(box.upstream.calls.filter(({ body }) => body["model"] === "model-a")).toHaveLength(8);
  expect((await breaker("auto")).body).toMatchObject({ breaker: "open", breakerSetTo: "auto" });
  await targetOf(box);
  expect(box.upstream.calls.filter(({ body }) => body["model"] === "model-a")).toHaveLength(8);
  expect(audited(box)).toMatchObject([
    { audit: "breaker", actor: "OPERATOR", target: "a", state: "open", reason: "the card is hot" },
    { audit: "breaker", actor: "OPERATOR", target: "a", state: "closed" },
    { audit: "breaker", actor: "OPERATOR", target: "a", state: "auto" },
  ]);
  expect(box.logged.join("")).not.toContain(adminKey);
});

test("where an operator took every target out, the client is told that", async () => {
  await using box = await start({ policies: { main: "otherwise a with retry 0\n" } });
  await ask(box, "/admin/targets/a/breaker", { state: "open" });
  const response = await box.chat();
  expect([response.status, await response.text()]).toEqual([
    503,
    expect.stringContaining("an operator took the model out of use"),
  ]);
});

test("targets are listed as they are now", async () => {
  const gate = Promise.withResolvers<void>();
  await using box = await start({
    script: ({ body }) => {
      if (body["model"] === "model-c") return refusal(429, { "retry-after": "30" });
      if (body["stream"] !== true) return null;
      return {
        headers: eventStream,
        body: [chunk("begun"), "data: [DONE]\n\n"],
        hold: (piece) => (piece === 1 ? gate.promise : undefined),
      };
    },
    policies: { main: "if stream then a otherwise c fallback b with retry 0\n" },
  });
  await targetOf(box);
  const stream = await box.chat({ stream: true });
  await stream.body?.getReader().read();
  const { status, body } = await ask(box, "/admin/targets");
  expect(status).toBe(200);
  const idle = { state: "ready", breaker: "closed", breakerSetTo: "auto", pausedUntil: null };
  expect(body["targets"]).toMatchObject([
    {
      ...{ ...idle, name: "a", provider: "up", model: "model-a" },
      ...{ inFlight: 1, timeToFirstTokenMs: expect.any(Number), errorRate: null },
    },
    { ...idle, name: "b", inFlight: 0, errorRate: 0 },
    {
      ...{ ...idle, name: "c", inFlight: 0, errorRate: 1 },
      pausedUntil: expect.stringMatching(/^\d{4}-.*Z$/),
    },
    { ...idle, name: "lost", provider: "dead", errorRate: null, timeToFirstTokenMs: null },
  ]);
  gate.resolve();
});

test("a policy is rolled back, holds while the files say the same, and follows them when they change", async () => {
  await using box = await start({
    policies: { main: "otherwise a\n", other: "otherwise a\n" },
  });
  await edit(box, "main.policy", "otherwise b\n");
  await edit(box, "other.policy", "otherwise c\n");
  const listed = await ask(box, "/admin/versions");
  expect(listed.body).toMatchObject({
    version: 3,
    versions: [{ version: 3 }, { version: 2 }, { version: 1, rolledBackTo: null }],
  });
  const back = await ask(box, "/admin/rollback", { version: 1, policy: "main" });
  expect(back).toMatchObject({
    status: 200,
    body: { result: "swapped", version: 4, changed: ["main"] },
  });
  expect(await targetOf(box)).toBe("200 a");
  expect(await targetOf(box, { model: "other" })).toBe("200 c");
  expect((await ask(box, "/admin/reload", {})).body).toMatchObject({ result: "unchanged" });
  expect(await targetOf(box)).toBe("200 a");
  const { body } = await ask(box, "/admin/policies");
  expect(body["policies"]).toMatchObject([
    { name: "main", versions: [{ version: 4 }, { version: 3 }] },
    { name: "other", versions: [{ version: 2 }, { version: 4 }] },
  ]);
  // A change of any file brings back what the files say, of all of them.
  await edit(box, "other.policy", "otherwise b\n");
  expect(await targetOf(box)).toBe("200 b");
  expect(await targetOf(box, { model: "other" })).toBe("200 b");
  expect(audited(box).map(({ audit, to, policy }) => [audit, to, policy])).toEqual([
    ["rollback", 1, "main"],
    ["reload", undefined, undefined],
  ]);
});

test("a version is rolled back with its configuration, but no key of before opens anything again", async () => {
  const clients = (names: string) => `keys: { ${names} }\nadmin: { key: "\${OPERATOR}" }\n`;
  await using box = await startTestGateway({
    policies: { main: "otherwise a\n" },
    yaml: clients(`old: { key: "\${OLD}" }`),
    options: { variables: { ...variables, OLD: "sk-old", NEW: "sk-new" } },
  });
  const { readFileSync } = await import("node:fs");
  const text = readFileSync(`${box.folder}/signalbox.yaml`, "utf8");
  const later = text
    .replace("model: model-a", "model: model-later")
    .replace(/old: .*\{OLD\}" \}/, `new: { key: "\${NEW}" }`);
  await edit(box, "signalbox.yaml", later);
  const as = async (key: string): Promise<unknown[]> => {
    const response = await box.chat({}, { authorization: `Bearer ${key}` });
    await response.text();
    return [response.status, box.upstream.calls.at(-1)?.body["model"]];
  };
  expect(await as("sk-new")).toEqual([200, "model-later"]);
  const single = await ask(box, "/admin/rollback", { version: 1, policy: "main" });
  expect(errorOf(single)).toEqual([409, "configuration_differs", null]);
  expect((await ask(box, "/admin/rollback", { version: 1 })).status).toBe(200);
  expect(await as("sk-new")).toEqual([200, "model-a"]);
  expect((await as("sk-old"))[0]).toBe(401);
  // And forward again, to what the files say.
  expect((await ask(box, "/admin/rollback", { version: 2 })).status).toBe(200);
  expect(await as("sk-new")).toEqual([200, "model-later"]);
});

test("If-Match guards a rollback against a change in between; the last ten versions are kept", async () => {
  await using box = await start({ policies: { main: "otherwise a\n" } });
  for (let turn = 0; turn < 11; turn += 1) {
    await edit(box, "main.policy", `otherwise ${turn % 2 === 0 ? "b" : "a"}\n`);
  }
  const { body } = await ask(box, "/admin/versions");
  const kept = (body["versions"] as { version: number }[]).map(({ version }) => version);
  expect(kept).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  const roll = (order: object, match?: string) =>
    ask(
      box,
      "/admin/rollback",
      order,
      match === undefined ? keyed : { ...keyed, "if-match": match },
    );
  expect(errorOf(await roll({ version: 11 }, '"11"'))).toEqual([412, "version_changed", null]);
  expect(errorOf(await roll({ version: 11 }, "weak"))).toEqual([412, "version_changed", null]);
  expect(errorOf(await roll({ version: 2 }))).toEqual([404, "version_not_kept", null]);
  expect(errorOf(await roll({ version: 11, policy: "none" }))).toEqual([
    404,
    "policy_not_in_version",
    null,
  ]);
  expect(await targetOf(box)).toBe("200 b");
  expect((await roll({ version: 11 }, '"12"')).body).toMatchObject({ version: 13 });
  expect(await targetOf(box)).toBe("200 a");
});

test.each<[string, string, unknown, unknown[]]>([
  ["no JSON", "/admin/rollback", "{", [400, "invalid_value", null]],
  ["no object", "/admin/rollback", [], [400, "invalid_value", null]],
  ["no version", "/admin/rollback", {}, [400, "invalid_value", "version"]],
  ["half a version", "/admin/rollback", { version: 1.5 }, [400, "invalid_value", "version"]],
  [
    "a strange policy",
    "/admin/rollback",
    { version: 1, policy: 7 },
    [400, "invalid_value", "policy"],
  ],
  ["a strange field", "/admin/rollback", { version: 1, to: 2 }, [400, "invalid_value", "to"]],
  [
    "a strange state",
    "/admin/targets/a/breaker",
    { state: "ajar" },
    [400, "invalid_value", "state"],
  ],
  [
    "a long reason",
    "/admin/targets/a/breaker",
    { state: "open", reason: "x".repeat(501) },
    [400, "invalid_value", "reason"],
  ],
  [
    "no such target",
    "/admin/targets/none/breaker",
    { state: "open" },
    [404, "target_not_found", null],
  ],
  ["a body without end", "/admin/rollback", "x".repeat(70_000), [413, "request_too_large", null]],
  ["no such page", "/admin/nothing", {}, [404, "unknown_url", null]],
  ["a change by reading", "/admin/drain", undefined, [405, "method_not_allowed", null]],
  ["a reading by change", "/admin/targets", {}, [405, "method_not_allowed", null]],
])("%s is refused by name, and changes nothing", async (_name, path, order, error) => {
  await using box = await start();
  expect(errorOf(await ask(box, path, order))).toEqual(error);
  expect(audited(box)).toEqual([]);
  expect(await targetOf(box)).toBe("200 a");
});

test("nothing under /admin is there for who lacks the key", async () => {
  await using box = await start();
  const orders: [string, unknown][] = [
    ["/admin/targets", undefined],
    ["/admin/versions", undefined],
    ["/admin/targets/a/breaker", { state: "open" }],
    ["/admin/rollback", { version: 1 }],
    ["/admin/drain", {}],
  ];
  for (const [path, order] of orders) {
    for (const headers of [{}, { "x-signalbox-admin-key": "guess" }]) {
      expect(errorOf(await ask(box, path, order, headers))).toEqual([
        401,
        "invalid_admin_key",
        null,
      ]);
    }
  }
  expect(await targetOf(box)).toBe("200 a");
});

test("on a port of their own, the operator's pages are nowhere else, and no model is asked there", async () => {
  await using box = await start({}, ", port: 0");
  const { url, adminUrl } = box.gateway;
  expect(adminUrl).not.toBe(url);
  const statusAt = async (origin: string | null, path: string): Promise<number> =>
    (await fetch(`${origin}${path}`, { headers: keyed })).status;
  const paths = ["/admin/policies", "/metrics", "/readyz", "/healthz", "/v1/models"];
  expect(await Promise.all(paths.map((path) => statusAt(adminUrl, path)))).toEqual([
    200, 200, 200, 200, 404,
  ]);
  expect(await Promise.all(paths.map((path) => statusAt(url, path)))).toEqual([
    404, 404, 200, 200, 200,
  ]);
});

test("a drain is refused new requests at once, lets streams end, and then the gateway has stopped", async () => {
  const gate = Promise.withResolvers<void>();
  await using box = await start(
    {
      script: () => ({
        headers: eventStream,
        body: [
          chunk("begun"),
          chunk(" and done"),
          chunk("").replace('"finish_reason":null', '"finish_reason":"stop"'),
          "data: [DONE]\n\n",
        ],
        hold: (piece) => (piece === 1 ? gate.promise : undefined),
      }),
    },
    ", port: 0",
  );
  const stream = await box.chat({ stream: true });
  expect(await ask(box, "/admin/drain", {})).toMatchObject({
    status: 202,
    body: { draining: true, inFlight: 1 },
  });
  const ready = await fetch(`${box.gateway.adminUrl}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false }]);
  await expect
    .poll(() =>
      fetch(box.gateway.url).then(
        () => true,
        () => false,
      ),
    )
    .toBe(false);
  gate.resolve();
  expect(await stream.text()).toContain("[DONE]");
  await box.gateway.stopped;
  await expect(fetch(`${box.gateway.adminUrl}/healthz`)).rejects.toThrow();
});
