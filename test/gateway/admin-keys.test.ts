import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type KeyDesk, startKeyDesk } from "../support/key-desk.ts";

const policies = { main: "otherwise a\n", other: "otherwise c\n" };
const yaml = `keys:
  fixed: { key: "\${FIXED}", user: root }
`;
const start = (setup = {}): Promise<KeyDesk> => startKeyDesk({ policies, ...setup });

const audited = ({ logged }: KeyDesk): Record<string, unknown>[] =>
  logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ audit }) => audit !== undefined);

test.each([
  ["no name", "POST /admin/keys", {}, [400, "invalid_value", "name"]],
  [
    "a name of another's line",
    "POST /admin/keys",
    { name: "a\nb" },
    [400, "invalid_value", "name"],
  ],
  ["a name of the configuration", "POST /admin/keys", { name: "fixed" }, [409, "key_exists", null]],
  ["a name that is taken", "POST /admin/keys", { name: "app" }, [409, "key_exists", null]],
  [
    "a secret of its own",
    "POST /admin/keys",
    { name: "n", secret: "s" },
    [400, "invalid_value", "secret"],
  ],
  [
    "no policy of that name",
    "POST /admin/keys",
    { name: "n", policy: "mian" },
    [400, "invalid_value", "policy"],
  ],
  [
    "no model of that name",
    "POST /admin/keys",
    { name: "n", models: ["nix"] },
    [400, "invalid_value", "models"],
  ],
  [
    "models that are no list",
    "POST /admin/keys",
    { name: "n", models: "a" },
    [400, "invalid_value", "models"],
  ],
  [
    "an end that is over",
    "POST /admin/keys",
    { name: "n", expires: "2026-11-22" },
    [400, "invalid_value", "expires"],
  ],
  [
    "an end without its zone",
    "POST /admin/keys",
    { name: "n", expires: "2027-01-01T10:00" },
    [400, "invalid_value", "expires"],
  ],
  [
    "an end that is no day",
    "POST /admin/keys",
    { name: "n", expires: "2027-02-30" },
    [400, "invalid_value", "expires"],
  ],
  [
    "an attribute that is a field",
    "POST /admin/keys",
    { name: "n", attributes: { tier: "x" } },
    [400, "invalid_value", "attributes"],
  ],
  [
    "an attribute of a prototype",
    "POST /admin/keys",
    '{"name":"n","attributes":{"__proto__":{"a":1}}}',
    [400, "invalid_value", "attributes"],
  ],
  [
    "an attribute that is a list",
    "POST /admin/keys",
    { name: "n", attributes: { a: [1] } },
    [400, "invalid_value", "attributes"],
  ],
  [
    "a user with a line of its own",
    "POST /admin/keys",
    { name: "n", user: "a\r\nb" },
    [400, "invalid_value", "user"],
  ],
  [
    "a rotation without its grace",
    "POST /admin/keys/app/rotate",
    {},
    [400, "invalid_value", "grace"],
  ],
  [
    "a grace that is too long",
    "POST /admin/keys/app/rotate",
    { grace: "91d" },
    [400, "invalid_value", "grace"],
  ],
  ["a key that is not there", "PATCH /admin/keys/nobody", {}, [404, "key_not_found", null]],
  [
    "a key of the configuration",
    "PATCH /admin/keys/fixed",
    { user: "x" },
    [409, "key_configured", null],
  ],
  [
    "to delete one of the configuration",
    "DELETE /admin/keys/fixed",
    undefined,
    [409, "key_configured", null],
  ],
  ["a page of no size", "GET /admin/keys?limit=0", undefined, [400, "invalid_value", "limit"]],
  ["a page too large", "GET /admin/keys?limit=1001", undefined, [400, "invalid_value", "limit"]],
])("%s is refused by name, and changes nothing", async (_name, line, order, expected) => {
  await using desk = await start({ yaml, options: { variables: { FIXED: "sk-fixed" } } });
  await desk.make({ name: "app" });
  const before = audited(desk).length;
  const { status, body } = await desk.admin(line, order);
  expect([status, body.error?.code, body.error?.param]).toEqual(expected);
  expect(audited(desk)).toHaveLength(before);
  expect((await desk.admin("GET /admin/keys/app")).etag).toBe('"1"');
});

test("an order for a revision that is no more is refused, and one without the admin key too", async () => {
  await using desk = await start();
  await desk.make({ name: "app" });
  const change = (user: string, tag: string) =>
    desk.admin("PATCH /admin/keys/app", { user }, { "if-match": tag });
  expect((await change("ann", '"1"')).etag).toBe('"2"');
  const late = await change("bob", '"1"');
  expect([late.status, late.body.error?.code]).toEqual([412, "key_changed"]);
  expect((await change("bob", "*")).etag).toBe('"3"');
  const deleted = await desk.admin("DELETE /admin/keys/app", undefined, { "if-match": '"1"' });
  expect(deleted.status).toBe(412);
  const stranger = await desk.admin("GET /admin/keys", undefined, {
    "x-signalbox-admin-key": "no",
  });
  expect(stranger.status).toBe(401);
});

test("of two orders for one revision at once one is carried out", async () => {
  await using desk = await start();
  await desk.make({ name: "app" });
  const orders = ["ann", "bob", "cem"].map((user) =>
    desk.admin("PATCH /admin/keys/app", { user }, { "if-match": '"1"' }),
  );
  const statuses = (await Promise.all(orders)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([200, 412, 412]);
});

test("keys are listed in pages, those of the configuration first", async () => {
  await using desk = await start({ yaml, options: { variables: { FIXED: "sk-fixed" } } });
  for (let n = 0; n < 5; n += 1) await desk.make({ name: `k${n}` });
  await desk.admin("DELETE /admin/keys/k1");
  const names: (string | undefined)[][] = [];
  for (let next: number | null = 0; next !== null; ) {
    const { body }: { body: { keys?: readonly { name: string }[]; next?: number | null } } =
      await desk.admin(`GET /admin/keys?limit=2&after=${next}`);
    names.push((body.keys ?? []).map(({ name }) => name));
    next = body.next ?? null;
  }
  expect(names).toEqual([
    ["fixed", "k0", "k2"],
    ["k3", "k4"],
  ]);
});

test("a key of the configuration wins over one of its name that was made, and the log says so", async () => {
  await using desk = await start();
  const made = await desk.make({ name: "app" });
  const text = readFileSync(join(desk.folder, "signalbox.yaml"), "utf8");
  const sha256 = createHash("sha256").update("sb-configured").digest("hex");
  desk.write(
    "signalbox.yaml",
    `${text}keys: { app: { hash: "sha256:${sha256}", policy: other } }\n`,
  );
  await desk.gateway.reload();
  expect([await desk.as("sb-configured", { model: "any" }), await desk.as(made)]).toEqual([
    "200 other",
    "401 disabled_api_key",
  ]);
  const { body } = await desk.admin("GET /admin/keys");
  expect(body.keys?.map(({ source, state }) => [source, state])).toEqual([
    ["configuration", "active"],
    ["made", "overridden"],
  ]);
  expect(desk.logged.filter((line) => line.includes("which is in force"))).toHaveLength(1);
  // The operator can still be rid of it.
  expect((await desk.admin("DELETE /admin/keys/app")).status).toBe(204);
});

test("every change is one line of the log, and no secret or digest is in any", async () => {
  await using desk = await start();
  const secret = await desk.make({ name: "app", user: "ann" });
  await desk.admin("PATCH /admin/keys/app", { policy: "other" });
  const { body } = await desk.admin("POST /admin/keys/app/rotate", { grace: "1m" });
  await desk.admin("POST /admin/keys/app/revoke", { reason: "leaked" });
  await desk.admin("DELETE /admin/keys/app");
  expect(audited(desk)).toMatchObject([
    { audit: "key", actor: "OPERATOR", change: "created", key: "app", fields: ["user"] },
    { audit: "key", change: "changed", key: "app", fields: ["policy"] },
    { audit: "key", change: "rotated", key: "app", graceMs: 60_000 },
    { audit: "key", change: "revoked", key: "app", reason: "leaked" },
    { audit: "key", change: "deleted", key: "app" },
  ]);
  const logs = desk.logged.join("\n");
  for (const each of [secret, body.secret ?? "?"]) {
    expect(logs).not.toContain(each);
    expect(logs).not.toContain(createHash("sha256").update(each).digest("hex"));
    for (const name of readdirSync(join(desk.folder, ".signalbox")))
      expect(readFileSync(join(desk.folder, ".signalbox", name), "latin1")).not.toContain(each);
  }
});

test("a rollback brings back no key, no secret, and no gateway that is open to all", async () => {
  await using desk = await start();
  const text = readFileSync(join(desk.folder, "signalbox.yaml"), "utf8");
  desk.write("signalbox.yaml", text.replace("port: 0", "port: 0, require-keys: true"));
  await desk.gateway.reload();
  const first = await desk.make({ name: "app" });
  const { body } = await desk.admin("POST /admin/keys/app/rotate", { grace: "0s" });
  await desk.make({ name: "gone" });
  await desk.admin("DELETE /admin/keys/gone");
  expect((await desk.admin("POST /admin/rollback", { version: 1 })).status).toBe(200);
  expect([await desk.as(null), await desk.as(first), await desk.as(body.secret ?? "")]).toEqual([
    "401 invalid_api_key",
    "401 expired_api_key",
    "200 main",
  ]);
  expect((await desk.admin("GET /admin/keys/gone")).status).toBe(404);
});

test("a rollback to before keys were wanted leaves them wanted", async () => {
  await using desk = await start();
  const text = readFileSync(join(desk.folder, "signalbox.yaml"), "utf8");
  desk.write("signalbox.yaml", text.replace("port: 0", "port: 0, require-keys: true"));
  await desk.gateway.reload();
  expect((await desk.admin("POST /admin/rollback", { version: 1 })).status).toBe(200);
  expect(await desk.as(null)).toBe("401 invalid_api_key");
});
