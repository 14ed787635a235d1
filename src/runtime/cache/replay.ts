import type { AnswerEvent } from "../../protocol/answer-event.ts";

/** About what a model says at once, in letters; a piece ends at the next blank. */
const pieceLength = 24;

/** An answer that was kept, under an id of its own: clients take two answers of one id for the same. */
export function withOwnId(events: readonly AnswerEvent[], id: string): readonly AnswerEvent[] {
  return events.map((event) =>
    event.kind === "start" ? { ...event, id: ownIdOf(event.id, id) } : event,
  );
}

/** The id of a kept answer under another request. What stands before the first `-` or `_` says what it is of, on the wires that have such ids. */
export function ownIdOf(given: string, id: string): string {
  const [prefix = ""] = /^[a-z]{1,16}[-_]/i.exec(given) ?? [];
  return `${prefix}${id}`;
}

/** An answer cut into pieces as a model would say it; whole pieces joined give the same text. */
export function* pieces(events: readonly AnswerEvent[]): Generator<AnswerEvent> {
  for (const event of events) {
    const isText =
      event.kind === "text" ? event.logprobs === undefined : event.kind === "reasoning";
    if (!isText || !("text" in event) || event.text === "") yield event;
    else for (const text of cut(event.text)) yield { ...event, text };
  }
}

function* cut(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const blank = text.indexOf(" ", from + pieceLength);
    let end = blank < 0 || blank > from + 4 * pieceLength ? from + 4 * pieceLength : blank;
    // A letter of two units stays whole.
    const unit = text.charCodeAt(end - 1);
    if (unit >= 0xd800 && unit < 0xdc00) end += 1;
    yield text.slice(from, end);
    from = end;
  }
}
