import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startKeyDesk } from "../../support/key-desk.ts";

const rounds = process.env["SIGNALBOX_LONG"] === "1" ? 300 : 30;

test(`no request with a valid key fails while keys of both kinds are rotated ${rounds} times under load`, async () => {
  await using desk = await startKeyDesk({ policies: { main: "otherwise a\n" } });
  const yaml = readFileSync(join(desk.folder, "signalbox.yaml"), "utf8");
  const configured = (round: number): string => `sb-configured-${round}`;
  const keysOf = (...of: readonly number[]): string =>
    `${yaml}keys:\n${of
      .map((round) => {
        const sha256 = createHash("sha256").update(configured(round)).digest("hex");
        return `  fixed-${round % 2}: { hash: "sha256:${sha256}" }\n`;
      })
      .join("")}`;
  desk.write("signalbox.yaml", keysOf(0));
  await desk.gateway.reload();
  /** What clients have at the moment; they learn of a new one at some time within the grace. */
  const held = { made: await desk.make({ name: "app" }), fixed: configured(0) };
  const seen = new Map<string, number>();
  let running = true;
  const asked = [0, 0, 0, 0, 0, 0];
  /** Fulfilled when each client has begun a request after now; at once where one was refused. */
  const allAskedAnew = async (): Promise<void> => {
    const before = [...asked];
    const isDone = (): boolean =>
      asked.every((count, client) => count >= (before[client] ?? 0) + 2);
    while (!isDone() && seen.size < 2) await new Promise(setImmediate);
  };
  const load = asked.map(async (_, number) => {
    while (running) {
      const said = await desk.as(number % 2 === 0 ? held.made : held.fixed, {
        stream: number % 3 === 0,
      });
      seen.set(said, (seen.get(said) ?? 0) + 1);
      asked[number] = (asked[number] ?? 0) + 1;
    }
  });
  const revoked: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const extra = await desk.make({ name: `extra-${round}` });
    const { body } = await desk.admin("POST /admin/keys/app/rotate", { grace: "1s" });
    desk.write("signalbox.yaml", keysOf(round - 1, round));
    expect((await desk.gateway.reload()).result).not.toBe("refused");
    held.made = body.secret ?? "";
    held.fixed = configured(round);
    // Requests with the old secrets that are on their way come to their end before those are taken away.
    expect(await desk.as(held.fixed)).toBe("200 main");
    await allAskedAnew();
    desk.clock.pass(1_000);
    desk.write("signalbox.yaml", keysOf(round));
    expect((await desk.gateway.reload()).result).not.toBe("refused");
    await desk.admin(`POST /admin/keys/extra-${round}/revoke`);
    revoked.push(await desk.as(extra), await desk.as(configured(round - 1)));
  }
  running = false;
  await Promise.all(load);
  expect([...seen.keys()]).toEqual(["200 main"]);
  expect(seen.get("200 main")).toBeGreaterThan(rounds);
  expect(new Set(revoked)).toEqual(new Set(["401 revoked_api_key", "401 invalid_api_key"]));
}, 300_000);
