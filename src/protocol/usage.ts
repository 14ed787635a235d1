/**
 * Tokens billed for one attempt. `inputTokens` holds cached reads and writes, `outputTokens` holds reasoning
 * (wire-formats: OpenAI's convention; Anthropic's is converted).
 */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedReadTokens: number;
  readonly cachedWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** True when no provider count arrived and the gateway estimated. */
  readonly estimated: boolean;
  /** The tier that served it, where its price is not the list price; absent for that. */
  readonly tier?: "batch";
}
