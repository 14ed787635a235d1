import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import type { Fields } from "../../protocol/conversation.ts";
import type { AnswerWriter, ModelRequest } from "../../protocol/model-request.ts";
import type { Usage } from "../../protocol/usage.ts";
import { usageMetadata } from "./answer-end.ts";
import { Candidate } from "./candidate.ts";
import { problemBody } from "./write-problem.ts";

const common = {
  whole(request: ModelRequest, events: readonly AnswerEvent[]): string {
    const response = new Answer(request.body.model);
    const parts = new Map<number, Fields[]>();
    for (const event of events)
      for (const [index, said] of response.take(event)) {
        const before = parts.get(index) ?? [];
        for (const part of said) addTo(before, part);
        parts.set(index, before);
      }
    return JSON.stringify(response.last(parts));
  },
  problem: problemBody,
  count: (totalTokens: number) => JSON.stringify({ totalTokens }),
};

/** Writes answers as `GenerateContentResponse`, streams as events (wire-formats §3.3, §3.4). */
export const generateWriter: AnswerWriter = {
  ...common,
  open: (request) => new EventStream(request.body.model),
  brokenStream: (problem) => eventText(problemBody(problem)),
};

/** The same with streams as one JSON list, as the API gives them where no events were asked for. */
export const generateListWriter: AnswerWriter = {
  ...common,
  listed: true,
  open: (request) => new ListStream(request.body.model),
  // Something of the list always stands before it.
  brokenStream: (problem) => `,\r\n${problemBody(problem)}]`,
};

function eventText(json: string): string {
  return `data: ${json}\r\n\r\n`;
}

/** Puts a part to those of a whole answer: pieces of one text become one. */
function addTo(parts: Fields[], part: Fields): void {
  const last = parts.at(-1);
  const joins =
    last !== undefined &&
    typeof last["text"] === "string" &&
    typeof part["text"] === "string" &&
    last["thought"] === part["thought"] &&
    last["thoughtSignature"] === undefined;
  if (joins) parts[parts.length - 1] = { ...last, ...part, text: `${last["text"]}${part["text"]}` };
  else parts.push(part);
}

/** An answer as far as its events went. */
class Answer {
  readonly #candidates = new Map<number, Candidate>();
  /** What the client asked for, until the answer names its own. */
  #model: string;
  #id = "";
  #usage: Usage | null = null;
  #tier: string | null = null;

  constructor(model: string) {
    this.#model = model;
  }

  /** The parts that an event lets be told, by the number of their candidate. */
  take(event: AnswerEvent): readonly (readonly [index: number, parts: readonly Fields[]])[] {
    switch (event.kind) {
      case "start":
        this.#id = event.id;
        if (event.model !== "") this.#model = event.model;
        return [];
      case "usage":
        this.#usage = event.usage;
        this.#tier = event.tier;
        return [];
      case "ping":
        return [];
      default: {
        const parts = this.#candidate(event.choice).take(event, this.#model);
        return parts.length === 0 ? [] : [[event.choice, parts]];
      }
    }
  }

  /** A response with new parts of one candidate. */
  piece(index: number, parts: readonly Fields[]): Fields {
    return { candidates: [this.#candidate(index).piece(parts)], ...this.identity() };
  }

  /** The response that ends the answer: what is left to tell of each candidate, behind the given parts, and the counts. */
  last(parts: ReadonlyMap<number, readonly Fields[]> = new Map()): Fields {
    this.#candidate(0);
    const indexes = [...this.#candidates.keys()].sort((a, b) => a - b);
    const usage = this.#usage;
    return {
      candidates: indexes.map((index) => this.#candidate(index).lastPiece(parts.get(index) ?? [])),
      ...(usage === null ? {} : { usageMetadata: usageMetadata(usage, this.#tier) }),
      ...this.identity(),
    };
  }

  identity(): Fields {
    const id = this.#id;
    return { modelVersion: this.#model, ...(id === "" ? {} : { responseId: id }) };
  }

  #candidate(index: number): Candidate {
    let candidate = this.#candidates.get(index);
    if (candidate === undefined) {
      candidate = new Candidate(index);
      this.#candidates.set(index, candidate);
    }
    return candidate;
  }
}

class EventStream implements AnswerEncoder {
  readonly #response: Answer;

  constructor(model: string) {
    this.#response = new Answer(model);
  }

  encode(event: AnswerEvent): string {
    return this.#response
      .take(event)
      .map(([index, parts]) => eventText(JSON.stringify(this.#response.piece(index, parts))))
      .join("");
  }

  end(): string {
    return eventText(JSON.stringify(this.#response.last()));
  }
}

class ListStream implements AnswerEncoder {
  readonly #response: Answer;
  #begun = false;

  constructor(model: string) {
    this.#response = new Answer(model);
  }

  encode(event: AnswerEvent): string {
    const taken = this.#response.take(event);
    const pieces = taken.map(([index, parts]) => this.#response.piece(index, parts));
    // Where the first content is held back, the list begins all the same, so that an error may follow.
    const begins = "choice" in event && !this.#begun && pieces.length === 0;
    return (begins ? [this.#response.identity()] : pieces)
      .map((piece) => this.#item(piece))
      .join("");
  }

  end(): string {
    return `${this.#item(this.#response.last())}]`;
  }

  #item(piece: Fields): string {
    const before = this.#begun ? ",\r\n" : "[";
    this.#begun = true;
    return before + JSON.stringify(piece);
  }
}
