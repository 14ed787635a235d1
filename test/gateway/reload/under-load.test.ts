import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Behaviour } from "../../../src/stand-in/behaviour.ts";
import { chunk, eventStream, startTestGateway, type TestGateway } from "../../support/gateway.ts";

const done = "data: [DONE]\n\n";
const finish = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');

/** The three headers that tell which version decided, and what it decided. */
interface Seen {
  readonly policy: string | null;
  readonly rule: string | null;
  readonly target: string | null;
}

const seenIn = (response: Response): Seen => ({
  policy: response.headers.get("x-signalbox-policy"),
  rule: response.headers.get("x-signalbox-rule"),
  target: response.headers.get("x-signalbox-target"),
});

async function whole(box: TestGateway): Promise<Seen> {
  const response = await box.chat();
  expect(response.status).toBe(200);
  await response.text();
  return seenIn(response);
}

test("with 50 streams under way, the first request after a swap follows the new version and none fails", async () => {
  const gate = Promise.withResolvers<void>();
  const held: Behaviour = {
    headers: eventStream,
    body: [chunk("begun"), chunk(" and done"), finish, done],
    hold: (piece) => (piece === 1 ? gate.promise : undefined),
  };
  await using box = await startTestGateway({
    policies: { main: "otherwise a\n" },
    script: ({ body }) => (body["stream"] === true ? held : null),
  });
  const streams = await Promise.all(Array.from({ length: 50 }, () => box.chat({ stream: true })));
  const before = new Set(streams.map((response) => JSON.stringify(seenIn(response))));
  for (const target of ["b", "c", "a", "b"]) {
    const swapped = box.gateway.nextReload(({ result }) => result === "swapped");
    box.write("main.policy", `rule "to ${target}": if tokens < 1M then ${target}\notherwise a\n`);
    await swapped;
    expect(await whole(box)).toMatchObject({ target, rule: `to-${target}` });
  }
  gate.resolve();
  for (const stream of streams) {
    const text = await stream.text();
    expect(text).toContain(" and done");
    expect(text).toContain("[DONE]");
  }
  expect(before.size).toBe(1);
});

test("reloads under load never yield a mixture of two versions", async () => {
  await using box = await startTestGateway({
    policies: { main: 'rule "v0": if tokens < 1M then a\notherwise c\n' },
  });
  const targets = ["a", "b", "c"];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ target: fc.constantFrom(...targets), name: fc.nat(9_999) }), {
        minLength: 1,
        maxLength: 4,
      }),
      async (versions) => {
        const expected = new Map<string, Seen>();
        const note = async (): Promise<void> => {
          const seen = await whole(box);
          expected.set(seen.policy ?? "", seen);
        };
        await note();
        let running = true;
        const seen: Seen[] = [];
        const load = Array.from({ length: 8 }, async () => {
          while (running) seen.push(await whole(box));
        });
        for (const { target, name } of versions) {
          box.write("main.policy", `rule "v${name}": if tokens < 1M then ${target}\notherwise c\n`);
          const { result } = await box.gateway.reload();
          expect(result).not.toBe("refused");
          await note();
          expect(expected.get([...expected.keys()].at(-1) ?? "")).toBeDefined();
          expect(await whole(box)).toMatchObject({ rule: `v${name}`, target });
        }
        running = false;
        await Promise.all(load);
        // One policy text was in force under each hash, so rule and target have to be that text's.
        for (const each of seen) expect(expected.get(each.policy ?? "")).toEqual(each);
      },
    ),
    { numRuns: 12 },
  );
});

const reloads = process.env["SIGNALBOX_LONG"] === "1" ? 1_000 : 60;

test(`no request fails in ${reloads} reloads under load of policies and of the configuration`, async () => {
  await using box = await startTestGateway({ policies: { main: "otherwise a\n" } });
  let running = true;
  const statuses = new Map<number, number>();
  const load = Array.from({ length: 8 }, async (_, number) => {
    while (running) {
      const answer = await box.chat({ stream: number % 2 === 0 });
      const text = await answer.text();
      const isWhole = number % 2 === 1 || text.includes("[DONE]");
      const status = isWhole ? answer.status : 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const yaml = readFileSync(`${box.folder}/signalbox.yaml`, "utf8");
  for (let round = 0; round < reloads; round += 1) {
    const target = ["a", "b", "c"][round % 3];
    box.write("main.policy", `rule "r${round}": if tokens < 1M then ${target}\notherwise a\n`);
    // Each third time the configuration too: connections of its providers are opened anew.
    if (round % 3 === 0)
      box.write(
        "signalbox.yaml",
        yaml.replace("connections: 64", `connections: ${64 + (round % 7)}`),
      );
    const { result } = await box.gateway.reload();
    expect(result).not.toBe("refused");
  }
  running = false;
  await Promise.all(load);
  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(reloads / 2);
}, 300_000);
