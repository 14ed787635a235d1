/** Formats by the name that `--format` takes, with what they are. */
export const logFormatDocs = {
  records: "Signalbox's own decision log",
  chat: "bodies of `POST /v1/chat/completions`, bare or in an envelope",
  messages: "bodies of Anthropic's `POST /v1/messages`, bare or in an envelope",
  responses: "bodies of OpenAI's `POST /v1/responses`, bare or in an envelope",
  litellm: "LiteLLM's standard logging payload",
  "litellm-spend": "rows of LiteLLM's table LiteLLM_SpendLogs",
  portkey: "Portkey's log export",
  helicone: "Helicone's export of requests",
  langfuse: "Langfuse's export of observations, of which generations are read",
  azure: "the Azure LLM inference traces of 2023 and 2024",
  burstgpt: "the BurstGPT trace",
  mooncake: "Mooncake's traces",
  csv: "columns by the names of facts, or by --map",
  json: "JSON objects with fields by the names of facts, or by --map",
  parquet: "Parquet with columns by the names of facts, or by --map",
} as const;

export type LogFormat = keyof typeof logFormatDocs;

export const logFormats = Object.keys(logFormatDocs) as readonly LogFormat[];
