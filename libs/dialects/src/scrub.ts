/**
 * Values that must never reach a caller, a log or a trace. Ordered: a labelled secret goes first, so that its label
 * stays readable; bare key shapes follow.
 */
const SECRETS: readonly [pattern: RegExp, replacement: string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 ***'],
  [/(key|token|secret|password|signature)=[^\s&"'<>),;]+/gi, '$1=***'],
  [/((?:x-(?:goog-)?)?api[_-]?key|authorization)(["']?\s*:\s*["']?)(?!Bearer|Basic)[\w.~+/*=-]{6,}/gi, '$1$2***'],
  // OpenAI, Anthropic, OpenRouter, DeepSeek; Google; Groq; xAI; Hugging Face; Perplexity; Replicate; GitHub; AWS ids.
  [/\b(?:sk|rk|pk)-[\w*.-]{4,}/g, '***'],
  [/\bAIza[\w-]{20,}/g, '***'],
  [/\b(?:gsk|xai|hf|pplx|r8|gh[opsu]|github_pat)[_-]\w{10,}/g, '***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, '***'],
  // JSON web tokens.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, '***'],
];

/** Replaces everything that looks like a credential with `***`. Providers quote keys in their error messages. */
export function scrubSecrets(text: string): string {
  return SECRETS.reduce((scrubbed, [pattern, replacement]) => scrubbed.replace(pattern, replacement), text);
}
