import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { generateBody, googleClient } from "./google-client.ts";
import type { SurfaceName } from "./matrix.ts";
import { image, schema, tools } from "./questions.ts";

/** What a client of any API is asked to say. */
export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly maxTokens?: number;
  readonly tools?: boolean;
  readonly schema?: boolean;
  readonly image?: boolean;
  /** With the effort alone, or with the words of Anthropic's wire beside it, which a chat may hold. */
  readonly thinks?: boolean | "in so many words";
  /** Whether the prompt is marked to be cached, where the API has marks. */
  readonly marked?: boolean;
  /** An answer of calls that is now answered by their results. */
  readonly before?: Got;
}

/** An answer in one form, whatever API it came over. */
export interface Got {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: unknown }[];
  /** `stop`, `length` or `calls`. */
  readonly finish: string;
  readonly usage: {
    readonly input: number;
    readonly output: number;
    readonly cached: number;
    readonly reasoning: number;
  };
  /** The model's turn in the API's own words, to be sent back. */
  readonly turn: unknown;
}

/** An official client of one API. */
export type Ask = (question: Question, streamed: boolean) => Promise<Got>;

type Loose = Record<string, unknown>;

const finishes: Readonly<Record<string, string>> = {
  stop: "stop",
  end_turn: "stop",
  completed: "stop",
  length: "length",
  max_tokens: "length",
  incomplete: "length",
  tool_calls: "calls",
  tool_use: "calls",
};
const finishOf = (word: unknown): string => finishes[String(word)] ?? String(word);

/** Whether the arguments of calls are JSON is a matter of the contract, so that what is none fails. */
const parsed = (args: string): unknown => JSON.parse(args);

/** Clients of a gateway, one for each API. */
export function clientsOf(gateway: string): Readonly<Record<SurfaceName, Ask>> {
  const openai = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: "none", maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: gateway, apiKey: "none", maxRetries: 0 });
  return {
    chat: (question, streamed) => askChat(openai, question, streamed),
    responses: (question, streamed) => askResponses(openai, question, streamed),
    messages: (question, streamed) => askMessages(anthropic, question, streamed),
    completions: (question, streamed) => askCompletions(openai, question, streamed),
    generate: googleClient(gateway),
  };
}

/** The body of a chat; the same text of a client that has no library. */
export function chatBody(question: Question): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const { model, prompt, before, maxTokens = 2_000 } = question;
  const mark = question.marked === true ? { cache_control: { type: "ephemeral" } } : {};
  const content: OpenAI.ChatCompletionContentPart[] = [{ type: "text", text: prompt, ...mark }];
  if (question.image === true)
    content.push({ type: "image_url", image_url: { url: `data:image/png;base64,${image}` } });
  return {
    model,
    max_completion_tokens: maxTokens,
    messages: [
      { role: "user", content },
      ...(before === undefined
        ? []
        : [
            before.turn as OpenAI.ChatCompletionMessageParam,
            ...before.calls.map(({ id }) => ({
              role: "tool" as const,
              tool_call_id: id,
              content: "rain",
            })),
          ]),
    ],
    ...(question.tools === true
      ? { tools: tools.map((tool) => ({ type: "function", function: tool })) }
      : {}),
    ...(question.schema === true
      ? { response_format: { type: "json_schema", json_schema: { name: "forecast", schema } } }
      : {}),
    ...(question.thinks === undefined ? {} : { reasoning_effort: "medium" }),
    ...(question.thinks === "in so many words"
      ? { thinking: { type: "enabled", budget_tokens: 1_500 } }
      : {}),
  };
}

async function askChat(client: OpenAI, question: Question, streamed: boolean): Promise<Got> {
  const body = chatBody(question);
  if (!streamed) {
    const { choices, usage } = await client.chat.completions.create(body);
    return gotChat(choices[0]?.message as unknown as Loose, choices[0]?.finish_reason, usage);
  }
  const stream_options = { include_usage: true };
  const stream = await client.chat.completions.create({ ...body, stream: true, stream_options });
  const message: Loose = { role: "assistant", content: "" };
  let finish: unknown = null;
  let usage: OpenAI.CompletionUsage | undefined;
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage;
    const [choice] = chunk.choices;
    if (choice === undefined) continue;
    finish = choice.finish_reason ?? finish;
    grow(message, choice.delta as unknown as Loose);
  }
  return gotChat(message, finish, usage);
}

/** Puts a delta to a message: text is joined, calls by their index, lists put together. */
function grow(message: Loose, delta: Loose): void {
  for (const [name, value] of Object.entries(delta)) {
    const known = message[name];
    if (name === "tool_calls") message[name] = grownCalls(known as Loose[], value as Loose[]);
    else if (typeof value === "string" && name !== "role")
      message[name] = `${typeof known === "string" ? known : ""}${value}`;
    else if (Array.isArray(value)) message[name] = [...((known as []) ?? []), ...value];
  }
}

function grownCalls(known: readonly Loose[] = [], deltas: readonly Loose[]): readonly Loose[] {
  const calls = [...known];
  for (const { index, ...delta } of deltas) {
    const at = Number(index);
    const before = calls[at]?.["function"] as Loose | undefined;
    const added = delta["function"] as Loose | undefined;
    const name = `${before?.["name"] ?? ""}${added?.["name"] ?? ""}`;
    const args = `${before?.["arguments"] ?? ""}${added?.["arguments"] ?? ""}`;
    calls[at] = { ...calls[at], ...delta, function: { name, arguments: args } };
  }
  return calls;
}

function gotChat(message: Loose, finish: unknown, usage: OpenAI.CompletionUsage | undefined): Got {
  const calls = (message["tool_calls"] ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
  return {
    text: String(message["content"] ?? ""),
    thoughts: String(message["reasoning_content"] ?? ""),
    calls: calls.map(({ id, function: { name, arguments: args } }) => ({
      id,
      name,
      args: parsed(args),
    })),
    finish: finishOf(finish),
    usage: {
      input: usage?.prompt_tokens ?? -1,
      output: usage?.completion_tokens ?? -1,
      cached: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      reasoning: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
    },
    turn: message,
  };
}

export function responsesBody(
  question: Question,
): OpenAI.Responses.ResponseCreateParamsNonStreaming {
  const { model, prompt, before, maxTokens = 2_000 } = question;
  const content: OpenAI.Responses.ResponseInputContent[] = [{ type: "input_text", text: prompt }];
  if (question.image === true)
    content.push({
      type: "input_image",
      detail: "auto",
      image_url: `data:image/png;base64,${image}`,
    });
  return {
    model,
    max_output_tokens: maxTokens,
    input: [
      { type: "message", role: "user", content },
      ...(before === undefined
        ? []
        : [
            ...(before.turn as OpenAI.Responses.ResponseInputItem[]),
            ...before.calls.map(({ id }) => ({
              type: "function_call_output" as const,
              call_id: id,
              output: "rain",
            })),
          ]),
    ],
    ...(question.tools === true
      ? { tools: tools.map((tool) => ({ type: "function", strict: false, ...tool })) }
      : {}),
    ...(question.schema === true
      ? { text: { format: { type: "json_schema", name: "forecast", schema } } }
      : {}),
    ...(question.thinks === true
      ? {
          reasoning: { effort: "medium", summary: "auto" },
          include: ["reasoning.encrypted_content"],
        }
      : {}),
  };
}

async function askResponses(client: OpenAI, question: Question, streamed: boolean): Promise<Got> {
  const body = responsesBody(question);
  const { output, status, usage } = streamed
    ? await client.responses.stream({ ...body, stream: true }).finalResponse()
    : await client.responses.create(body);
  const calls = output.flatMap((item) => (item.type === "function_call" ? [item] : []));
  const texts = output.flatMap((item) => (item.type === "message" ? item.content : []));
  const thoughts = output.flatMap((item) =>
    item.type === "reasoning" ? [...item.summary, ...(item.content ?? [])] : [],
  );
  return {
    text: texts.map((part) => (part.type === "output_text" ? part.text : "")).join(""),
    thoughts: thoughts.map(({ text }) => text).join(""),
    calls: calls.map(({ call_id: id, name, arguments: args }) => ({
      id,
      name,
      args: parsed(args),
    })),
    finish: calls.length > 0 && status === "completed" ? "calls" : finishOf(status),
    usage: {
      input: usage?.input_tokens ?? -1,
      output: usage?.output_tokens ?? -1,
      cached: usage?.input_tokens_details.cached_tokens ?? 0,
      reasoning: usage?.output_tokens_details.reasoning_tokens ?? 0,
    },
    turn: output,
  };
}

export function messagesBody(question: Question): Anthropic.MessageCreateParamsNonStreaming {
  const { model, prompt, before, maxTokens = 2_000 } = question;
  const mark = question.marked === true ? { cache_control: { type: "ephemeral" as const } } : {};
  const content: Anthropic.ContentBlockParam[] = [{ type: "text", text: prompt, ...mark }];
  if (question.image === true)
    content.push({
      type: "image",
      source: { type: "base64", media_type: "image/png", data: image },
    });
  return {
    model,
    max_tokens: maxTokens,
    messages: [
      { role: "user", content },
      ...(before === undefined
        ? []
        : [
            { role: "assistant" as const, content: before.turn as Anthropic.ContentBlockParam[] },
            {
              role: "user" as const,
              content: before.calls.map(({ id }) => ({
                type: "tool_result" as const,
                tool_use_id: id,
                content: "rain",
              })),
            },
          ]),
    ],
    ...(question.tools === true
      ? {
          tools: tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
        }
      : {}),
    ...(question.schema === true
      ? { output_config: { format: { type: "json_schema", schema } } }
      : {}),
    ...(question.thinks === true
      ? { thinking: { type: "enabled", budget_tokens: 1_500, display: "summarized" } }
      : {}),
  };
}

async function askMessages(client: Anthropic, question: Question, streamed: boolean): Promise<Got> {
  const body = messagesBody(question);
  const { content, stop_reason, usage } = streamed
    ? await client.messages.stream(body).finalMessage()
    : await client.messages.create(body);
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage;
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    thoughts: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
    calls: content.flatMap((block) =>
      block.type === "tool_use" ? [{ id: block.id, name: block.name, args: block.input }] : [],
    ),
    finish: finishOf(stop_reason),
    usage: {
      input: usage.input_tokens + (read ?? 0) + (written ?? 0),
      output: usage.output_tokens,
      cached: read ?? 0,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
    },
    turn: content,
  };
}

export function completionsBody({
  model,
  prompt,
  maxTokens = 2_000,
}: Question): OpenAI.CompletionCreateParamsNonStreaming {
  return { model, prompt, max_tokens: maxTokens };
}

async function askCompletions(client: OpenAI, question: Question, streamed: boolean): Promise<Got> {
  const body = completionsBody(question);
  let text = "";
  let finish: unknown = null;
  let usage: OpenAI.CompletionUsage | undefined;
  const take = (completion: OpenAI.Completion): void => {
    text += completion.choices[0]?.text ?? "";
    finish = completion.choices[0]?.finish_reason ?? finish;
    usage = completion.usage ?? usage;
  };
  if (streamed) {
    const stream_options = { include_usage: true };
    const stream = await client.completions.create({ ...body, stream: true, stream_options });
    for await (const event of stream) take(event);
  } else take(await client.completions.create(body));
  return {
    text,
    thoughts: "",
    calls: [],
    finish: finishOf(finish),
    usage: {
      input: usage?.prompt_tokens ?? -1,
      output: usage?.completion_tokens ?? -1,
      cached: 0,
      reasoning: 0,
    },
    turn: null,
  };
}

/** The path and body of a question, for a client that has no library. */
export function bodyOf(
  surface: SurfaceName,
  question: Question,
  streamed: boolean,
): { readonly path: string; readonly body: object } {
  const stream = streamed ? { stream: true } : {};
  const usage = streamed ? { ...stream, stream_options: { include_usage: true } } : {};
  switch (surface) {
    case "responses":
      return { path: "/v1/responses", body: { ...responsesBody(question), ...stream } };
    case "messages":
      return { path: "/v1/messages", body: { ...messagesBody(question), ...stream } };
    case "completions":
      return { path: "/v1/completions", body: { ...completionsBody(question), ...usage } };
    case "generate": {
      const method = streamed ? "streamGenerateContent?alt=sse" : "generateContent";
      return { path: `/v1beta/models/${question.model}:${method}`, body: generateBody(question) };
    }
    case "chat":
      return { path: "/v1/chat/completions", body: { ...chatBody(question), ...usage } };
  }
}
