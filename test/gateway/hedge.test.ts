import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { startTestGateway } from "../support/gateway.ts";

/** `model-a` never says a word; the others answer. */
const silent = ({ body }: StandInCall) =>
  body["model"] === "model-a" ? { neverAnswers: true } : null;

test("a silent stream is outrun by the next target, and the client sees one clean answer", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a fallback b with hedge after 50ms, retry 0\n" },
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
    script: silent,
  });
  const { data: stream, response } = await box.client.chat.completions
    .create({ model: "main", messages: [{ role: "user", content: "hi" }], stream: true })
    .withResponse();
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  expect(text).not.toBe("");
  expect(response.headers.get("x-signalbox-target")).toBe("b");
  expect(response.headers.get("x-signalbox-attempts")).toBe("2");
  await box.gateway.close();
  const record = JSON.parse(
    readFileSync(`${box.folder}/decisions.jsonl`, "utf8"),
  ) as DecisionRecord;
  expect(record.attempts).toMatchObject([
    { target: "a", step: 0, outcome: "aborted", why: "outrun" },
    { target: "b", step: 1, outcome: "ok", hedge: true },
  ]);
});

test("a guard that forbids the next target forbids the hedge to it", async () => {
  await using box = await startTestGateway({
    policies: {
      main: "never target is b when tools > 0\notherwise a fallback requested fallback c with hedge after 50ms, retry 0\n",
    },
    script: silent,
  });
  const answer = await box.chat({
    model: "b",
    tools: [{ type: "function", function: { name: "f", parameters: {} } }],
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-signalbox-target")).toBe("c");
  await answer.arrayBuffer();
  expect(box.upstream.calls.map(({ body }) => body["model"])).toEqual(["model-a", "model-c"]);
});
