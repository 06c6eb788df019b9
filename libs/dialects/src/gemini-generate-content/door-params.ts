const CONFIG = 'generationConfig';

/** What this API calls the fields of the hub. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  messages: 'contents',
  tool_choice: 'toolConfig.functionCallingConfig',
  temperature: `${CONFIG}.temperature`,
  top_p: `${CONFIG}.topP`,
  top_k: `${CONFIG}.topK`,
  max_tokens: `${CONFIG}.maxOutputTokens`,
  stop: `${CONFIG}.stopSequences`,
  seed: `${CONFIG}.seed`,
  n: `${CONFIG}.candidateCount`,
  presence_penalty: `${CONFIG}.presencePenalty`,
  frequency_penalty: `${CONFIG}.frequencyPenalty`,
  logprobs: `${CONFIG}.responseLogprobs`,
  top_logprobs: `${CONFIG}.logprobs`,
  response_format: `${CONFIG}.responseSchema`,
  reasoning_effort: `${CONFIG}.thinkingConfig`,
};

/** The name that a field of the hub has for a Gemini client. Where in it something stands, the hub does not know. */
export function ownParam(param: string): string {
  const [field = ''] = param.split('.', 1);
  return field === 'tools' ? field : (OWN_NAMES[field] ?? param);
}
