import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { keptBody } from "../../src/gateway/kept-body.ts";
import { surfaceAt } from "../../src/gateway/surfaces.ts";
import type { AnswerEvent } from "../../src/protocol/answer-event.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";
import { withOwnId } from "../../src/runtime/cache/replay.ts";

function requestOver(path: string, body: object): ModelRequest {
  const bytes = Buffer.from(JSON.stringify(body));
  const read = surfaceAt(path, "")?.read(bytes, defaultConfiguration().server, {});
  if (read?.ok !== true) throw new Error("it cannot be read");
  return read.request;
}

const messages = [{ role: "user", content: "hello" }];
const requests = [
  requestOver("/v1/chat/completions", { model: "m", messages }),
  requestOver("/v1/messages", { model: "m", messages, max_tokens: 9 }),
  requestOver("/v1/responses", { model: "m", input: "hello" }),
];

const word = fc.string({ maxLength: 20, unit: "grapheme" });
const id = fc.oneof(fc.constantFrom("chatcmpl-1", "msg_2", "", '"-"'), word);
const start = fc.record({
  ...{ kind: fc.constant("start" as const), id, model: word, created: fc.nat() },
});
const said: fc.Arbitrary<AnswerEvent> = fc.oneof(
  fc.record({ kind: fc.constant("text" as const), choice: fc.constant(0), text: word }),
  fc.record({ kind: fc.constant("refusal" as const), choice: fc.constant(0), text: word }),
  start,
);
const requestId = fc.stringMatching(/^[A-Za-z0-9._:-]{1,40}$/);

test("a kept answer is the same body under each request's id, over each wire, as one that is put together anew", () => {
  fc.assert(
    fc.property(
      fc.array(said, { maxLength: 5 }),
      start,
      fc.array(requestId, { minLength: 1, maxLength: 3 }),
      (rest, first, ids) => {
        const events = [first, ...rest];
        for (const each of ids)
          for (const request of requests)
            expect(keptBody(request, events, each)).toBe(
              request.writer.whole(request, withOwnId(events, each)),
            );
      },
    ),
  );
});
