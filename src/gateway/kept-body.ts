import { randomBytes } from "node:crypto";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { AnswerWriter, ModelRequest } from "../protocol/model-request.ts";
import { ownIdOf, withOwnId } from "../runtime/cache/replay.ts";

/** A whole answer on one wire, but for what stands between these two: its id. */
interface Body {
  readonly writer: AnswerWriter;
  readonly before: string;
  readonly after: string;
}

/** Bodies of answers that are held parsed, which are the popular ones; an answer is mostly asked for over one wire. */
const known = new WeakMap<readonly AnswerEvent[], Body>();

/** Stands for a request's id while a body is made; nothing that a model says holds it. */
const noId = `id-${randomBytes(18).toString("base64url")}`;

/** A kept answer as the body of another one: under the id that this request makes of it. */
export function keptBody(
  request: ModelRequest,
  events: readonly AnswerEvent[],
  requestId: string,
): string {
  const { writer } = request;
  const start = events[0];
  if (writer.wholeForAll !== true || start?.kind !== "start")
    return writer.whole(request, withOwnId(events, requestId));
  let body = known.get(events);
  if (body?.writer !== writer) {
    const made = writer.whole(request, withOwnId(events, noId));
    const id = JSON.stringify(ownIdOf(start.id, noId));
    const at = made.indexOf(id);
    // Of several beginnings the last one counts, which may be of another kind.
    if (at < 0) return writer.whole(request, withOwnId(events, requestId));
    body = { writer, before: made.slice(0, at), after: made.slice(at + id.length) };
    known.set(events, body);
  }
  return body.before + JSON.stringify(ownIdOf(start.id, requestId)) + body.after;
}
