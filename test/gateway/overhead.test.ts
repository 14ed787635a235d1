import { expect, test } from "vitest";
import { chunk, eventStream, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";

const metric = async ({ gateway }: TestGateway, name: string): Promise<number> => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`signalbox_${name} `));
  return Number(line?.split(" ")[1]);
};

test.each([
  ["a whole answer", false],
  ["a stream", true],
])("what the gateway adds to %s is measured without the provider's time", async (_name, stream) => {
  const clock = createHandClock(1_000_000);
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  await using box = await startTestGateway({
    options: { clock, timerHost: clock },
    script: () => {
      asked.resolve();
      const done = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');
      const whole = JSON.stringify({
        ...{ id: "x", object: "chat.completion", created: 1, model: "m" },
        choices: [
          { index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" },
        ],
      });
      return {
        headers: stream ? eventStream : { "content-type": "application/json" },
        body: stream ? [chunk("a"), done, "data: [DONE]\n\n"] : [whole],
        hold: (piece) => (piece === 0 ? gate.promise : undefined),
      };
    },
  });
  const response = box.chat({ stream });
  await asked.promise;
  // The provider takes its time; the gateway's own time stands.
  clock.pass(4_000);
  gate.resolve();
  expect((await response).status).toBe(200);
  await (await response).text();
  await expect.poll(() => metric(box, 'request_duration_seconds_sum{policy="main"}')).toBe(4);
  for (const part of ["request", "answer"]) {
    expect(await metric(box, `overhead_seconds_count{part="${part}"}`)).toBe(1);
    expect(await metric(box, `overhead_seconds_sum{part="${part}"}`)).toBe(0);
  }
});

test("by a real clock the gateway's part is above nothing and below the whole", async () => {
  await using box = await startTestGateway();
  for (let turn = 0; turn < 5; turn += 1) await (await box.chat()).text();
  const whole = await metric(box, 'request_duration_seconds_sum{policy="main"}');
  const request = await metric(box, 'overhead_seconds_sum{part="request"}');
  const answer = await metric(box, 'overhead_seconds_sum{part="answer"}');
  expect(request).toBeGreaterThan(0);
  expect(answer).toBeGreaterThan(0);
  expect(request + answer).toBeLessThan(whole);
});
