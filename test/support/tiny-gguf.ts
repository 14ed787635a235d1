import { createRandom } from "../../src/base/random.ts";

/** Shape of a model of llama's architecture with random weights: it says nothing of sense, at the speed of a small machine. */
const shape = { embedding: 128, heads: 4, layers: 4, feedForward: 256, context: 32_768 } as const;

/** Kinds of values in the file's head, by their numbers. */
const valueTypes = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const tokenTypes = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;
const alignment = 32;

/** Tools are told, and calls written, as Hermes models do: the server knows that form, and keeps answers to it. */
const template = `{% if tools %}[system] You may call these functions:
<tools>{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>
{% endif %}{% for message in messages %}[{{ message.role }}] {% if message.role == 'tool' %}<tool_response>
{{ message.content }}
</tool_response>{% else %}{{ message.content or '' }}{% if message.tool_calls %}{% for call in message.tool_calls %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}{% endif %}{% endif %}
{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}`;

/** Little-endian bytes, gathered. */
class Writer {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(bytes: Buffer): this {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.bytes(bytes);
  }

  f32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.bytes(bytes);
  }

  u64(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return this.bytes(bytes);
  }

  string(text: string): this {
    const bytes = Buffer.from(text);
    return this.u64(bytes.length).bytes(bytes);
  }

  /** Zeroes up to the next multiple of the alignment. */
  align(): this {
    return this.bytes(Buffer.alloc((alignment - (this.#length % alignment)) % alignment));
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

interface Token {
  readonly text: string;
  readonly type: keyof typeof tokenTypes;
}

/** Every byte is a token, so that any text can be told; letters, digits and signs are tokens of their own, so that answers read as text. */
const vocabulary: readonly Token[] = [
  { text: "<unk>", type: "unknown" },
  { text: "<s>", type: "control" },
  { text: "</s>", type: "control" },
  ...Array.from({ length: 256 }, (_, at) => ({
    text: `<0x${at.toString(16).toUpperCase().padStart(2, "0")}>`,
    type: "byte" as const,
  })),
  { text: "\u2581", type: "normal" },
  ...Array.from({ length: 94 }, (_, at) => ({
    text: String.fromCharCode(33 + at),
    type: "normal" as const,
  })),
];

interface Tensor {
  readonly name: string;
  /** Fastest first. */
  readonly size: readonly number[];
  readonly values: Float32Array;
}

function tensorsOf(seed: string): readonly Tensor[] {
  const { next: random } = createRandom(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const { embedding, feedForward } = shape;
  const filled = (name: string, size: readonly number[], value: () => number): Tensor => ({
    name: `${name}.weight`,
    size,
    values: Float32Array.from({ length: size.reduce((all, each) => all * each, 1) }, value),
  });
  const matrix = (name: string, from: number, to: number): Tensor =>
    filled(name, [from, to], () => normal() / Math.sqrt(from));
  const norm = (name: string): Tensor => filled(name, [embedding], () => 1);
  const layers = Array.from({ length: shape.layers }, (_, at) => [
    norm(`blk.${at}.attn_norm`),
    matrix(`blk.${at}.attn_q`, embedding, embedding),
    matrix(`blk.${at}.attn_k`, embedding, embedding),
    matrix(`blk.${at}.attn_v`, embedding, embedding),
    matrix(`blk.${at}.attn_output`, embedding, embedding),
    norm(`blk.${at}.ffn_norm`),
    matrix(`blk.${at}.ffn_gate`, embedding, feedForward),
    matrix(`blk.${at}.ffn_up`, embedding, feedForward),
    matrix(`blk.${at}.ffn_down`, feedForward, embedding),
  ]);
  let at = 0;
  // Bytes and the end of the text weigh nothing against letters, so an answer goes on to its limit.
  const letters = (): number =>
    vocabulary[Math.floor(at++ / embedding)]?.type === "normal"
      ? (normal() * 5) / Math.sqrt(embedding)
      : 0;
  return [
    matrix("token_embd", embedding, vocabulary.length),
    ...layers.flat(),
    norm("output_norm"),
    filled("output", [embedding, vocabulary.length], letters),
  ];
}

type Value =
  | readonly ["u32" | "f32", number]
  | readonly ["bool", boolean]
  | readonly ["string", string]
  | readonly ["strings", readonly string[]]
  | readonly ["f32s" | "i32s", readonly number[]];

const head: Readonly<Record<string, Value>> = {
  "general.architecture": ["string", "llama"],
  "general.name": ["string", "signalbox-tiny"],
  "general.file_type": ["u32", 0],
  "llama.context_length": ["u32", shape.context],
  "llama.embedding_length": ["u32", shape.embedding],
  "llama.block_count": ["u32", shape.layers],
  "llama.feed_forward_length": ["u32", shape.feedForward],
  "llama.attention.head_count": ["u32", shape.heads],
  "llama.attention.head_count_kv": ["u32", shape.heads],
  "llama.attention.layer_norm_rms_epsilon": ["f32", 1e-5],
  "llama.rope.dimension_count": ["u32", shape.embedding / shape.heads],
  "llama.vocab_size": ["u32", vocabulary.length],
  "tokenizer.ggml.model": ["string", "llama"],
  "tokenizer.ggml.tokens": ["strings", vocabulary.map(({ text }) => text)],
  "tokenizer.ggml.scores": ["f32s", vocabulary.map(() => 0)],
  "tokenizer.ggml.token_type": ["i32s", vocabulary.map(({ type }) => tokenTypes[type])],
  "tokenizer.ggml.unknown_token_id": ["u32", 0],
  "tokenizer.ggml.bos_token_id": ["u32", 1],
  "tokenizer.ggml.eos_token_id": ["u32", 2],
  "tokenizer.ggml.add_bos_token": ["bool", true],
  "tokenizer.ggml.add_space_prefix": ["bool", false],
  "tokenizer.chat_template": ["string", template],
};

function writeValue(out: Writer, [type, value]: Value): void {
  switch (type) {
    case "u32":
      out.u32(valueTypes.u32).u32(value);
      return;
    case "f32":
      out.u32(valueTypes.f32).f32(value);
      return;
    case "bool":
      out.u32(valueTypes.bool).bytes(Buffer.from([value ? 1 : 0]));
      return;
    case "string":
      out.u32(valueTypes.string).string(value);
      return;
    case "strings":
      out.u32(valueTypes.array).u32(valueTypes.string).u64(value.length);
      for (const text of value) out.string(text);
      return;
    case "f32s":
      out.u32(valueTypes.array).u32(valueTypes.f32).u64(value.length);
      for (const number of value) out.f32(number);
      return;
    case "i32s":
      out.u32(valueTypes.array).u32(valueTypes.i32).u64(value.length);
      for (const number of value) out.u32(number);
      return;
  }
}

/** A GGUF file (version 3) of some megabytes; same seed, same bytes. */
export function tinyGguf(seed = "tiny"): Buffer {
  const tensors = tensorsOf(seed);
  const out = new Writer();
  out.bytes(Buffer.from("GGUF")).u32(3).u64(tensors.length).u64(Object.keys(head).length);
  for (const [key, value] of Object.entries(head)) {
    out.string(key);
    writeValue(out, value);
  }
  const data = new Writer();
  for (const { name, size, values } of tensors) {
    out.string(name).u32(size.length);
    for (const each of size) out.u64(each);
    // Type 0 is 32-bit floats; the place counts from the start of the data.
    out.u32(0).u64(data.length);
    data.bytes(Buffer.from(values.buffer)).align();
  }
  return out.align().bytes(data.whole()).whole();
}
