/** How a request ended, as far as its client can tell; `unclassified` is what must never be. */
export type Ending =
  | "whole"
  | "error event"
  | "http error"
  | "refused"
  | "client left"
  | "unclassified";

/** The wires that the soak's clients speak. */
export type ClientWire = "chat" | "messages";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Expected {
  readonly wire: ClientWire;
  readonly streamed: boolean;
  /** What a whole answer says. */
  readonly said: string;
  /** The status of a request that is refused for what it is; null where it may be served. */
  readonly refusal: number | null;
}

/** What ends a request for reasons of the provider's or of load. */
const failures = new Set([429, 500, 502, 503, 504]);

/** Classifies an answer that was read to its end: one that a client could take for whole has to be whole. */
export function endingOf(answer: Answer, expected: Expected): Ending {
  try {
    return classify(answer, expected);
  } catch {
    // What does not parse is no ending that a client knows.
    return "unclassified";
  }
}

function classify({ status, text }: Answer, { wire, streamed, said, refusal }: Expected): Ending {
  // A gateway that has too much to do refuses before it looks at what a request is.
  if (refusal !== null && status !== 503)
    return status === refusal && isError(wire, text) ? "refused" : "unclassified";
  if (failures.has(status)) return isError(wire, text) ? "http error" : "unclassified";
  if (status !== 200) return "unclassified";
  if (!streamed) return saidOf(wire, text) === said ? "whole" : "unclassified";
  return wire === "chat" ? endingOfChat(text, said) : endingOfMessages(text, said);
}

function isError(wire: ClientWire, text: string): boolean {
  const { type, error } = JSON.parse(text) as {
    readonly type?: unknown;
    readonly error?: { readonly type?: unknown; readonly message?: unknown };
  };
  const isTold = typeof error?.message === "string" && typeof error.type === "string";
  return isTold && (wire === "chat" || type === "error");
}

function saidOf(wire: ClientWire, text: string): string | undefined {
  if (wire === "chat") {
    const { choices } = JSON.parse(text) as {
      readonly choices: readonly { readonly message: { readonly content: string } }[];
    };
    return choices[0]?.message.content;
  }
  const { content } = JSON.parse(text) as { readonly content: readonly { text?: string }[] };
  return content.map((part) => part.text ?? "").join("");
}

/** The data of each event of a stream; a last event without its empty line does not count. */
function eventsOf(text: string): readonly string[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const lines = block.split("\n").filter((line) => line.startsWith("data: "));
      return lines.length === 0 ? [] : [lines.map((line) => line.slice(6)).join("\n")];
    });
}

function endingOfChat(text: string, said: string): Ending {
  const events = eventsOf(text);
  const last = events.at(-1) ?? "";
  const ends = events.filter((each) => each === "[DONE]").length;
  if (ends === 0) return isError("chat", last) ? "error event" : "unclassified";
  if (ends > 1 || last !== "[DONE]") return "unclassified";
  let heard = "";
  for (const each of events.slice(0, -1)) {
    const { choices, error } = JSON.parse(each) as {
      readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
      readonly error?: unknown;
    };
    if (error !== undefined) return "unclassified";
    heard += choices?.[0]?.delta?.content ?? "";
  }
  return heard === said ? "whole" : "unclassified";
}

function endingOfMessages(text: string, said: string): Ending {
  const events = eventsOf(text).map(
    (each) => JSON.parse(each) as { type?: string; delta?: { text?: string } },
  );
  const types = events.map(({ type }) => type);
  const last = types.at(-1);
  if (!types.includes("message_stop"))
    return last === "error" && isError("messages", eventsOf(text).at(-1) ?? "")
      ? "error event"
      : "unclassified";
  const isOneEnd = types.filter((type) => type === "message_stop").length === 1;
  const isWhole = isOneEnd && last === "message_stop" && !types.includes("error");
  const heard = events.map(({ delta }) => delta?.text ?? "").join("");
  return isWhole && heard === said ? "whole" : "unclassified";
}
