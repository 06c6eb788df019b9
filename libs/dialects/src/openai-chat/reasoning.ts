type Fields = Record<string, unknown>;

/**
 * Reasoning under the one name of the hub, `reasoning_content`, whatever the vendor calls it: `reasoning` (OpenRouter,
 * Groq, Cerebras, Ollama), or parts of type `thinking` inside the content (Mistral). Opaque state stays as it is. Gives the
 * very object where nothing is to be done.
 */
export function unifyReasoning<Message extends Fields>(message: Message): Message {
  const { content, reasoning } = message;
  if (Array.isArray(content)) return { ...message, ...splitParts(content, message['reasoning_content']) };
  if (typeof reasoning !== 'string' || reasoning === '') return message;
  const { reasoning: _reasoning, ...rest } = message;
  return { ...rest, reasoning_content: message['reasoning_content'] || reasoning } as unknown as Message;
}

/** Source: https://docs.mistral.ai/capabilities/reasoning: a list of `text` and `thinking` parts. */
function splitParts(parts: readonly unknown[], known: unknown): Fields {
  let text = '';
  let thought = typeof known === 'string' ? known : '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    if (typeof part !== 'object' || part === null) continue;
    const { text: words, thinking } = part as Fields;
    if (typeof words === 'string') text += words;
    thought += textOf(thinking);
  }
  return { content: text, ...(thought !== '' && { reasoning_content: thought }) };
}

function textOf(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  if (!Array.isArray(thinking)) return '';
  return thinking.map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('');
}
