import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import { readErrorParts } from './error-parts.ts';
import { classify } from './failure-rules.ts';

const openai = (message: string, fields: object = {}): unknown => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...fields },
});

describe('what failures of compatible providers mean', () => {
  it.each<[name: string, status: number, body: unknown, code: ErrorCode]>([
    ['OpenAI, bad key', 401, openai('Incorrect API key provided', { code: 'invalid_api_key' }), 'provider_auth_failed'],
    ['OpenAI, unknown model', 404, openai('The model does not exist', { code: 'model_not_found' }), 'model_not_found'],
    ['OpenAI, unknown model at 400', 400, openai('no such model', { code: 'model_not_found' }), 'model_not_found'],
    [
      'OpenAI, prompt too long',
      400,
      openai('too long', { code: 'context_length_exceeded' }),
      'context_length_exceeded',
    ],
    [
      'OpenAI, bad parameter',
      400,
      openai('Unsupported', { code: 'unsupported_parameter' }),
      'provider_refused_request',
    ],
    ['OpenAI, quota used up', 429, openai('quota', { code: 'insufficient_quota' }), 'provider_credits_exhausted'],
    ['OpenAI, rate limit', 429, openai('slow down', { code: 'rate_limit_exceeded' }), 'provider_rate_limited'],
    [
      'OpenAI, its own trouble',
      500,
      openai('The server had an error', { type: 'server_error' }),
      'provider_unavailable',
    ],
    ['Azure, filtered', 400, openai('filtered', { code: 'content_filter', type: null }), 'content_filtered'],
    ['Azure, unknown deployment', 404, { error: { code: '404', message: 'Resource not found' } }, 'model_not_found'],
    [
      'xAI, bad key: error is a string',
      400,
      { code: 'invalid-argument', error: 'Incorrect API key provided: xa***' },
      'provider_auth_failed',
    ],
    ['Mistral, bad key: detail', 401, { detail: 'Invalid API Key' }, 'provider_auth_failed'],
    ['Mistral, bad body: detail is a list', 422, { detail: [{ loc: ['body'], msg: 'x' }] }, 'provider_refused_request'],
    [
      'DeepSeek, bad key',
      401,
      openai('Authentication Fails', { code: 'invalid_request_error' }),
      'provider_auth_failed',
    ],
    [
      'DeepSeek, prompt too long',
      400,
      openai("This model's maximum context length is 10 tokens."),
      'context_length_exceeded',
    ],
    ['DeepSeek, no money', 402, openai('Insufficient Balance'), 'provider_credits_exhausted'],
    [
      'OpenRouter, bad key: numeric code',
      401,
      { error: { message: 'Missing header', code: 401 } },
      'provider_auth_failed',
    ],
    ['OpenRouter, rate limit', 429, { error: { message: 'Rate limit', code: 429 } }, 'provider_rate_limited'],
    [
      'OpenRouter, overloaded',
      502,
      { error: { message: 'Provider returned error', code: 502 } },
      'provider_unavailable',
    ],
    [
      'Ollama, prompt too long',
      400,
      openai('prompt too long; exceeded max context length by 1 tokens'),
      'context_length_exceeded',
    ],
    [
      'Perplexity, prompt too long',
      400,
      {
        error: { message: 'The total length of all messages is too long.', type: 'too_many_prompt_tokens', code: 400 },
      },
      'context_length_exceeded',
    ],
    ['Groq, tool call failed', 400, openai('no call', { code: 'tool_use_failed' }), 'provider_refused_request'],
    ['a proxy, page of HTML', 502, '<html><body>Bad Gateway</body></html>', 'provider_unavailable'],
    ['a proxy, forbidden', 403, '<html>no</html>', 'provider_auth_failed'],
    ['an overload without words', 529, undefined, 'provider_unavailable'],
    [
      'OpenAI, project without the model',
      403,
      openai('Project `p` does not have access to model `gpt-5`', { code: 'model_not_found' }),
      'model_not_found',
    ],
    [
      'Azure, unknown deployment by its code',
      404,
      { error: { code: 'DeploymentNotFound', message: 'The API deployment does not exist.' } },
      'model_not_found',
    ],
    [
      'Azure, rate limit',
      429,
      { error: { code: 'RateLimitReached', message: 'exceeded call rate limit' } },
      'provider_rate_limited',
    ],
    ['xAI, unknown model', 400, { code: 'invalid-argument', error: 'Model not found: grok-9' }, 'model_not_found'],
    [
      'xAI, prompt too long',
      400,
      {
        code: 'invalid-argument',
        error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      },
      'context_length_exceeded',
    ],
    [
      'xAI, no money',
      403,
      {
        code: 'permission-denied',
        error: 'Your team has used all available credits or reached its monthly spending limit.',
      },
      'provider_credits_exhausted',
    ],
    [
      'Mistral, unknown model',
      400,
      { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' },
      'model_not_found',
    ],
    [
      'Mistral, prompt too long',
      400,
      {
        object: 'error',
        message:
          'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      },
      'context_length_exceeded',
    ],
    ['Cohere, bad key', 401, { id: 'x', message: 'invalid api token' }, 'provider_auth_failed'],
    ['Cohere, removed model', 404, { id: 'x', message: "model 'command-r' was removed" }, 'model_not_found'],
    [
      'Cohere, prompt too long',
      400,
      { id: 'x', message: 'too many tokens: total number of tokens in the prompt' },
      'context_length_exceeded',
    ],
    ['DeepSeek, unknown model', 400, openai('Model Not Exist'), 'model_not_found'],
    ['DeepSeek, refused content', 400, openai('Content Exists Risk'), 'content_filtered'],
    [
      'Perplexity, unknown model',
      400,
      {
        error: {
          message: "Invalid model 'x'. Permitted models can be found in the documentation",
          type: 'invalid_model',
          code: 400,
        },
      },
      'model_not_found',
    ],
    [
      'Perplexity, no money',
      401,
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 401 } },
      'provider_credits_exhausted',
    ],
    [
      'OpenRouter, no money',
      402,
      { error: { message: 'This request requires more credits, or fewer max_tokens.', code: 402 } },
      'provider_credits_exhausted',
    ],
    [
      'OpenRouter, key used up',
      403,
      { error: { message: 'Key limit exceeded (total limit).', code: 403 } },
      'provider_credits_exhausted',
    ],
    [
      'OpenRouter, moderated',
      403,
      {
        error: {
          message: 'Your chosen model requires moderation and your input was flagged for "violence".',
          code: 403,
        },
      },
      'content_filtered',
    ],
    [
      'OpenRouter, unknown model',
      400,
      { error: { message: 'no/such is not a valid model ID', code: 400 } },
      'model_not_found',
    ],
    [
      'OpenRouter, nobody offers the model',
      404,
      { error: { message: 'No endpoints found for no/such.', code: 404 } },
      'model_not_found',
    ],
    [
      'OpenRouter, prompt too long for the provider behind it',
      400,
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}', provider_name: 'A' },
        },
      },
      'context_length_exceeded',
    ],
    [
      'Groq, used-up capacity',
      498,
      openai('Flex tier capacity exceeded', { code: 'capacity_exceeded' }),
      'provider_unavailable',
    ],
    [
      'llama.cpp, prompt too long',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size',
          type: 'exceed_context_size_error',
        },
      },
      'context_length_exceeded',
    ],
    [
      'Google, bad key: a list around it all',
      400,
      [
        {
          error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' },
        },
      ],
      'provider_auth_failed',
    ],
    [
      'Google, quota of a minute',
      429,
      [
        {
          error: {
            code: 429,
            message: 'You exceeded your current quota, please check your plan',
            status: 'RESOURCE_EXHAUSTED',
          },
        },
      ],
      'provider_rate_limited',
    ],
    [
      'Cloudflare, unknown model: a list of errors',
      400,
      { success: false, errors: [{ code: 5007, message: 'No such model @cf/x' }] },
      'model_not_found',
    ],
    [
      'Z.ai, no money at 429',
      429,
      { error: { code: '1113', message: 'Insufficient balance or no resource package.' } },
      'provider_credits_exhausted',
    ],
    [
      'a parameter that this model does not take',
      400,
      openai("Unsupported parameter: 'max_tokens' is not supported with this model.", {
        code: 'unsupported_parameter',
      }),
      'provider_refused_request',
    ],
    ['too large', 413, undefined, 'request_too_large'],
    ['timed out there', 408, null, 'provider_unavailable'],
    ['no JSON object', 400, [1, 2], 'provider_refused_request'],
    ['an empty object', 400, {}, 'provider_refused_request'],
    ['a status that nobody uses', 418, 'teapot', 'provider_refused_request'],
    ['a redirect', 302, '', 'provider_bad_answer'],
    ['an answer without content', 204, undefined, 'provider_bad_answer'],
  ])('%s', (_name, status, body, code) => {
    expect(classify(status, readErrorParts(body))).toBe(code);
  });

  it.each<[words: string, code: ErrorCode]>([
    ['rate_limit_exceeded', 'provider_rate_limited'],
    ['invalid_api_key', 'provider_auth_failed'],
    ['model_not_found', 'model_not_found'],
    ['server_error', 'provider_unavailable'],
  ])('%s without a status is told by its words', (code, expected) => {
    expect(classify(null, readErrorParts({ error: { code, message: 'x' } }))).toBe(expected);
  });
});
