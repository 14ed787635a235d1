import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import type { ChatMessage } from "../../protocol/chat-request.ts";
import type { Conversation, Turn } from "../../protocol/conversation.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { Plan } from "../plan/plan.ts";
import type { StreamReader } from "../providers/adapter.ts";
import type { AnswerDecoder } from "../providers/decoder.ts";
import { translateInto } from "../providers/translation.ts";

const goOn =
  "Your answer above was cut off in the middle. Continue it from exactly where it stops: do not repeat any of it, do not comment on it, and do not begin anew.";

/**
 * A stream that another attempt may go on with after a cut. All its attempts write through one encoder, so that the client sees one
 * answer; what it has been given so far is the beginning of the answer that the next attempt is asked to finish.
 */
export class Continuation {
  readonly #request: ModelRequest;
  /** That of the attempt whose words were last heard: where one was hedged, two are open. */
  #encoder: AnswerEncoder;
  #said = "";

  constructor(request: ModelRequest) {
    this.#request = request;
    this.#encoder = request.writer.open(request);
  }

  /** What an attempt asks: the client's own request, or, where it `continues`, the same with what was said. */
  requestOf(continues: boolean): ModelRequest {
    return continues ? begun(this.#request, this.#said) : this.#request;
  }

  /** Reads one attempt's answer into the client's stream. */
  open<Piece>(decoder: AnswerDecoder<Piece>, continues: boolean): StreamReader<Piece> {
    // Nothing of an attempt that another one follows without continuing it has reached the client.
    const encoder = continues ? this.#encoder : this.#request.writer.open(this.#request);
    return translateInto(decoder, {
      encode: (event) => this.#encode(event, encoder, continues),
      end: () => encoder.end(),
      ...(encoder.broken === undefined
        ? {}
        : { broken: (problem) => encoder.broken?.(problem) ?? "" }),
    });
  }

  #encode(event: AnswerEvent, encoder: AnswerEncoder, continues: boolean): string {
    // The answer has begun: its id and model stay what they were.
    if (event.kind === "start" && continues) return "";
    if (event.kind === "text") this.#hear(event.text, encoder);
    return encoder.encode(event);
  }

  #hear(text: string, encoder: AnswerEncoder): void {
    if (this.#encoder !== encoder) this.#said = "";
    this.#encoder = encoder;
    this.#said += text;
  }
}

/** A plan that goes on with cut streams only where that can be done: see `isContinuable`; and where no ceiling on cost counts one prompt. */
export function continuable(plan: Plan, request: ModelRequest): Plan {
  if (plan.continuations === 0) return plan;
  return plan.costLimit === null && isContinuable(request) ? plan : { ...plan, continuations: 0 };
}

/** Whether a stream of an answer to this request can be gone on with: words alone, of one answer. */
function isContinuable({ body, relayed, counting }: ModelRequest): boolean {
  const { tools, functions, response_format: format, n, logprobs, modalities } = body;
  const isText = format === undefined || format === null || format.type === "text";
  const hasTools = [tools, functions].some((list) => Array.isArray(list) && list.length > 0);
  return (
    relayed === undefined &&
    counting !== true &&
    isText &&
    !hasTools &&
    (n ?? 1) === 1 &&
    logprobs !== true &&
    (modalities === undefined || modalities === null)
  );
}

/** Of no wire that a provider could relay: the client's own bytes do not say what is asked now. */
function begun(request: ModelRequest, said: string): ModelRequest {
  const messages: readonly ChatMessage[] = [
    ...request.body.messages,
    { role: "assistant", content: said },
    { role: "user", content: goOn },
  ];
  const conversation = (): Conversation => {
    const asked = request.conversation();
    return { ...asked, turns: [...asked.turns, turnOf("assistant", said), turnOf("user", goOn)] };
  };
  const body = { ...request.body, messages };
  return { ...request, dialect: "completions", modelSpan: null, asSent: false, body, conversation };
}

function turnOf(role: Turn["role"], text: string): Turn {
  return { role, name: null, path: "messages", parts: [{ kind: "text", text, path: "messages" }] };
}
