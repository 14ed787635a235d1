/** So much of a long prompt is looked at, from its start and from its end: the task stands at either. */
export const intentWindow = 1_500;

/** The part of a prompt that intents are told from: all of it, or its head and tail on lines of their own. */
export function headAndTail(prompt: string): string {
  return prompt.length <= 2 * intentWindow
    ? prompt
    : `${prompt.slice(0, intentWindow)}\n${prompt.slice(-intentWindow)}`;
}
