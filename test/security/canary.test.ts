import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chunk, eventStream, hello, startTestGateway } from "../support/gateway.ts";

const secrets = {
  UP_KEY: "sk-canary-provider-51f0",
  HEADER: "canary-header-77c2-long",
  ALICE: "sk-canary-alice-90be",
  ADMIN: "sk-canary-admin-12aa",
};
const marker = "PROMPT-MARKER-8d2e61";

/** Every file below a folder, as text. */
function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !/\.(?:policy|yaml)$/.test(path))
    .map((path) => readFileSync(path, "latin1"))
    .join("\n");
}

/** Where a provider's answer repeats what it was sent, which some do. */
const echo = (status: number) => ({
  status,
  headers: { "x-echo": secrets.UP_KEY },
  body: JSON.stringify({
    error: {
      message: `key ${secrets.UP_KEY} of ${secrets.HEADER} is bad`,
      type: secrets.UP_KEY,
      param: secrets.UP_KEY,
      code: secrets.UP_KEY,
    },
  }),
});

test("after a run with every kind of ending no secret stands anywhere, and a prompt only where it was sent", async () => {
  let nth = 0;
  const endings = [400, 401, 403, 404, 429, 500, 503].map(echo);
  const shown: string[] = [];
  await using box = await startTestGateway({
    provider: `headers: { x-team-token: "\${HEADER}" }`,
    policies: { main: 'if tokens > 100000 then reject\notherwise a with retry 0, tag "t"\n' },
    yaml: `keys:
  alice: { key: "\${ALICE}" }
admin: { key: "\${ADMIN}" }
telemetry: { decision-log: decisions.jsonl, log-level: trace, facts: [images, tools] }
`,
    script: ({ body }) => {
      if (body["stream"] === true)
        return { headers: eventStream, body: [chunk("x")], after: "cut" };
      nth += 1;
      return endings[nth % (endings.length + 1)] ?? null;
    },
    options: { variables: secrets },
  });
  const { url } = box.gateway;
  const admin = { "x-signalbox-admin-key": secrets.ADMIN };
  const made: string[] = [];
  const order = async (path: string, body: object): Promise<void> => {
    const init = { method: "POST", headers: admin, body: JSON.stringify(body) };
    const { secret } = (await (await fetch(url + path, init)).json()) as { secret?: string };
    if (secret !== undefined) made.push(secret);
  };
  await order("/admin/keys", { name: "made", user: "u" });
  await order("/admin/keys/made/rotate", { grace: "1m" });
  const alice = { authorization: `Bearer ${secrets.ALICE}` };
  const said = { messages: [{ role: "user", content: marker }], user: "u", metadata: { a: "b" } };
  const keep = async (answer: Response): Promise<void> => {
    shown.push(JSON.stringify([...answer.headers]), await answer.text().catch(() => ""));
  };
  for (let round = 0; round < 9; round += 1) await keep(await box.chat(said, alice));
  await keep(await box.chat({ ...said, stream: true }, alice));
  await keep(await box.chat(said, { authorization: `Bearer ${secrets.ALICE}x` }));
  for (const each of made) {
    for (const bearer of [each, `${each}x`])
      await keep(await box.chat(said, { authorization: `Bearer ${bearer}` }));
    await keep(await fetch(`${url}/v1/models?key=${each}`));
  }
  await order("/admin/keys/made/revoke", { reason: "leaked" });
  for (const each of made) await keep(await box.chat(said, { authorization: `Bearer ${each}` }));
  await keep(
    await fetch(`${url}/admin/keys/made/rotate`, {
      method: "POST",
      headers: admin,
      body: made[0] ?? "",
    }),
  );
  await keep(await fetch(`${url}/admin/keys/${made[0]}x`, { method: "DELETE", headers: admin }));
  await keep(await box.chat({ ...said, model: marker.toLowerCase() }, alice));
  await keep(await box.chat({ messages: marker }, alice));
  for (const path of [
    ...["/readyz", "/healthz", "/metrics", "/v1/models"],
    ...["/admin/policies", "/admin/keys", "/admin/keys/made"],
  ])
    await keep(await fetch(url + path, { headers: { ...alice, ...admin } }));
  await keep(await fetch(`${url}/v1/models?key=${secrets.ALICE}x`));
  await keep(
    await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...alice, ...admin, "x-signalbox-explain": "true" },
      body: JSON.stringify({ ...hello, ...said }),
    }),
  );
  // A faulty configuration is told with its source.
  box.write("signalbox.yaml", `providers: { up: { kind: openai, key: ${secrets.UP_KEY} } }\n`);
  await box.gateway.reload();
  await keep(await fetch(`${url}/readyz`));
  await box.gateway.close(0);
  const files = filesBelow(box.folder);
  const logs = box.logged.join("\n");
  expect(files).toContain('"rule":"rule-1"'.slice(0, 7));
  expect(made).toHaveLength(2);
  const all = [...Object.entries(secrets), ...made.map((each) => ["made", each] as const)];
  for (const [name, secret] of all) {
    expect(files, name).not.toContain(secret);
    expect(logs, name).not.toContain(secret);
    expect(shown.join("\n"), name).not.toContain(secret);
  }
  expect(files).not.toContain(marker);
  expect(logs).not.toContain(marker);
  expect(box.upstream.calls.some(({ text }) => text.includes(marker))).toBe(true);
});
