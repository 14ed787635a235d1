import { describe, expect, test } from "vitest";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { refusal, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { hasRedis, startRedis } from "../support/redis-server.ts";
import { skipAloud } from "../support/skip-aloud.ts";

const policies = {
  main: "otherwise a fallback b with retry 0\n",
  desk: "otherwise any of [a, b, c] with sticky by desk for 10m, retry 0\n",
};

/** Gateways on one Redis, with one time that the test moves. */
async function open(url: string) {
  const clock = createHandClock(Date.UTC(2026, 10, 27));
  const down = new Set<string>();
  const start = (): Promise<TestGateway> =>
    startTestGateway({
      policies,
      yaml: `redis: { url: "\${REDIS}", prefix: t }\nfacts: { desk: { from: header.x-desk, type: text } }\n`,
      script: ({ body }: StandInCall) => (down.has(String(body["model"])) ? refusal(500) : null),
      options: { clock, timerHost: clock, variables: { UP_KEY: "k", REDIS: url } },
    });
  const [one, two] = await Promise.all([start(), start()]);
  return {
    ...{ one, two, clock, down },
    async [Symbol.asyncDispose]() {
      await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
    },
  };
}

const route = async (box: TestGateway, model: string, desk = ""): Promise<string> => {
  const answer = await box.chat({ model }, { "x-desk": desk });
  await answer.arrayBuffer();
  return `${answer.status} ${answer.headers.get("x-signalbox-target")}`;
};

const stateOf = (box: TestGateway, target: string): string | undefined =>
  box.gateway.targets().find(({ name }) => name === target)?.state;

const metric = async (box: TestGateway, name: string): Promise<number> => {
  const page = await (await fetch(`${box.gateway.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1] ?? Number.NaN);
};

/** Moves the time on, a little more than gateways take to tell each other, until something holds. */
async function until(
  { clock }: { clock: ReturnType<typeof createHandClock> },
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!(await holds())) {
    clock.pass(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.skipIf(skipAloud(!hasRedis, "gateways on one Redis: no redis-server"))(
  "gateways on one real Redis",
  () => {
    test("what one leaves alone the other does not find out at its own cost", async () => {
      await using server = await startRedis();
      await using house = await open(server.url);
      const { one, two, down } = house;
      down.add("model-a");
      for (let turn = 0; turn < 5; turn += 1) expect(await route(one, "main")).toBe("200 b");
      expect(stateOf(one, "a")).toBe("broken");
      // Its breaker is open for a second or so at a time; each time it is told.
      await until(house, async () => {
        await route(one, "main");
        return stateOf(two, "a") === "broken";
      });
      expect(await route(two, "main")).toBe("200 b");
      expect(two.upstream.calls.map(({ body }) => body["model"])).toEqual(["model-b"]);
      expect(two.logged.join("")).toContain("another gateway leaves a target alone");
    });

    test("a session stays with its target whichever gateway it comes to", async () => {
      await using server = await startRedis();
      await using house = await open(server.url);
      const { one, two } = house;
      // The connections are made beside the requests: kept once both have shown something.
      await until(house, async () => {
        const first = await route(one, "desk", "probe");
        return (await route(two, "desk", "probe")) === first && one.logged.length === 0;
      });
      for (let desk = 0; desk < 12; desk += 1) {
        const name = `desk-${desk}`;
        expect(await route(two, "desk", name)).toBe(await route(one, "desk", name));
      }
    });

    test("a Redis that dies costs nothing but what it shared, and is told once", async () => {
      await using server = await startRedis();
      await using house = await open(server.url);
      const { one } = house;
      await server.kill();
      await until(house, async () => (await metric(one, "signalbox_sharing_failures_total")) >= 3);
      for (let turn = 0; turn < 4; turn += 1) {
        const first = await route(one, "desk", `x${turn}`);
        expect(first).toMatch(/^200/);
        expect(await route(one, "desk", `x${turn}`)).toBe(first);
      }
      const told = one.logged.filter((line) => line.includes("what gateways share cannot be had"));
      expect(told).toHaveLength(1);
    });
  },
);
