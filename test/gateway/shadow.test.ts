import { expect, test } from "vitest";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const askedOf = (box: TestGateway, model: string): number =>
  box.upstream.calls.filter(({ body }) => body["model"] === model).length;

const metrics = async (box: TestGateway): Promise<string> =>
  (await fetch(`${box.gateway.url}/metrics`)).text();

/** Asks until a line stands in the metrics: a copy ends when it ends. */
async function until(box: TestGateway, line: string): Promise<void> {
  while (!(await metrics(box)).includes(line));
}

test("a copy goes to the shadow's target, and the client gets the answer of its own", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a with shadow 100% to b\n" },
  });
  for (const stream of [false, true]) {
    const answer = await box.chat({ stream });
    expect(answer.headers.get("x-signalbox-target")).toBe("a");
    expect(answer.headers.get("x-signalbox-attempts")).toBe("1");
    expect(await answer.text()).toContain("model-a");
  }
  await until(box, 'signalbox_shadows_total{target="b",outcome="ok"} 2');
  expect([askedOf(box, "model-a"), askedOf(box, "model-b")]).toEqual([2, 2]);
  const [, copied] = box.upstream.calls.filter(({ body }) => body["model"] === "model-b");
  expect(copied?.body["messages"]).toEqual([{ role: "user", content: "hello" }]);
  const told = box.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.filter(({ msg }) => msg === "a shadow is over")).toHaveLength(2);
  expect(await metrics(box)).toContain('signalbox_attempts_total{target="b",outcome="ok"} 2');
});

test("a copy that fails is nothing to its request", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a with shadow 100% to b\n" },
    script: ({ body }: StandInCall) =>
      body["model"] === "model-b" ? { status: 500, body: "{}" } : null,
  });
  expect((await box.chat()).status).toBe(200);
  await until(box, 'signalbox_shadows_total{target="b",outcome="failed"} 1');
});

test("a copy that never ends does not hold a stop of the gateway back", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a with shadow 100% to b\n" },
    script: ({ body }: StandInCall) =>
      body["model"] === "model-b" ? { neverAnswers: true } : null,
  });
  expect((await box.chat()).status).toBe(200);
  await box.gateway.close();
});

test("a share is a share, the same for each user", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a with shadow 30% to b\n" },
  });
  for (let turn = 0; turn < 100; turn += 1) await (await box.chat()).arrayBuffer();
  expect(askedOf(box, "model-b")).toBeGreaterThan(10);
  expect(askedOf(box, "model-b")).toBeLessThan(55);
});
