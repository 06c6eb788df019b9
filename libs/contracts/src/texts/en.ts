import type { Texts } from './error-text.ts';

export const EN: Texts = {
  counted: {
    seconds: { one: 'second', other: 'seconds' },
    count: { one: 'failed attempt', other: 'failed attempts' },
  },
  things: {
    file: 'file',
    batch: 'batch',
    model: 'model',
    key: 'API key',
    provider: 'provider',
    alias: 'alias',
    request: 'request',
  },
  errors: {
    invalid_request: {
      message: [
        'The request is not valid: `{param}` {problem}.',
        'The request is not valid: {problem}.',
        'The request is not valid: see `{param}`.',
        'The request is not valid.',
      ],
      hint: 'Correct the request before you send it again.',
    },
    invalid_json: {
      message: ['The request body is not valid JSON: {problem}.', 'The request body is not valid JSON.'],
      hint: 'Send one JSON object in UTF-8. Look for a trailing comma, a stray quote or a body that was cut short.',
    },
    unsupported_parameter: {
      message: [
        '{provider} does not support `{param}`: {reason}.',
        '{provider} does not support `{param}`.',
        'The parameter `{param}` is not supported: {reason}.',
        'The parameter `{param}` is not supported.',
        'The request uses a parameter that is not supported.',
      ],
      hint: [
        'Leave out `{param}` or choose a model that supports it.',
        'Leave the parameter out or choose a model that supports it.',
      ],
    },
    context_length_exceeded: {
      message: [
        "The request does not fit into the model's context window: {detail}",
        "The request does not fit into the model's context window.",
      ],
      hint: 'Shorten the messages, ask for fewer output tokens, or choose a model with a larger context window.',
    },
    content_filtered: {
      message: [
        'The content filter of {provider} blocked this request.',
        'A content filter of the provider blocked this request.',
      ],
      hint: 'Change the messages, or choose another model: its filter may differ.',
    },
    provider_refused_request: {
      message: [
        '{provider} refused the request: {detail}',
        'The provider refused the request: {detail}',
        '{provider} refused the request.',
        'The provider refused the request.',
      ],
      hint: 'Correct what the provider objects to, or choose another model.',
    },
    invalid_api_key: {
      message: 'The API key is missing, unknown, expired or revoked.',
      hint: 'Send a valid key as `Authorization: Bearer sk-parley-…`. An administrator can create one.',
    },
    budget_exceeded: {
      message: 'What is left of the budget of this API key does not cover the request.',
      hint: 'Wait for the next budget period or ask an administrator to raise the budget.',
    },
    provider_credits_exhausted: {
      message: [
        "The gateway's account with {provider} is out of credit; your request is in order.",
        "The gateway's account with the provider is out of credit; your request is in order.",
      ],
      hint: 'Choose a model of another provider, or ask an administrator to top up the account.',
    },
    admin_required: {
      message: 'This action is reserved for administrators, and the API key presented is not an admin key.',
      hint: 'Use a key with the role `admin`, or sign in to the dashboard as an administrator.',
    },
    model_not_allowed: {
      message: [
        'This API key may not use the model `{model}`.',
        'This API key may not use the model that the request names.',
      ],
      hint: 'Choose a model that the key may use, or ask an administrator to allow this one.',
    },
    address_not_allowed: {
      message: [
        'The gateway may not connect to {address}: the address is private or reserved.',
        'The gateway may not connect to this address: it is private or reserved.',
      ],
      hint: 'Use a public address. For a server in your own network, an administrator sets `allow_private_network`.',
    },
    not_found: {
      message: [
        'Could not find the {what} `{id}`: it does not exist, or this API key may not see it.',
        'Could not find the {what}: it does not exist, or this API key may not see it.',
        'Nothing was found here: it does not exist, or this API key may not see it.',
      ],
      hint: 'Check the id, and that you use the key it belongs to.',
    },
    model_not_found: {
      message: [
        'There is no model `{model}`. Available: {available}.',
        'There is no model `{model}`.',
        'There is no such model.',
      ],
      hint: 'Check the spelling. `GET /v1/models` lists the models.',
    },
    model_unavailable: {
      message: [
        'The model `{model}` is not available: its provider no longer lists it (since {missing_since}). Available: {available}.',
        'The model `{model}` is not available: its provider no longer lists it (since {missing_since}).',
        'The model `{model}` is known but switched off. Available: {available}.',
        'The model `{model}` is known but switched off.',
        'The model is known but switched off.',
      ],
      hint: 'Choose another model, or ask an administrator to switch this one on.',
    },
    unknown_route: {
      message: ['There is no route {method} {path}.', 'There is no such route.'],
      hint: "Check the path and the client's base URL: OpenAI clients need one that ends in `/v1`.",
    },
    method_not_allowed: {
      message: ['{path} does not accept the method {method}.', 'This route does not accept the method of the request.'],
      hint: 'Use the method that is documented for this route.',
    },
    conflict: {
      message: [
        'The request conflicts with the present state: {problem}.',
        'The request conflicts with the present state.',
      ],
      hint: 'Read the present state, adapt the request and send it again.',
    },
    request_too_large: {
      message: ['The request body is larger than the limit: {limit}.', 'The request body is too large.'],
      hint: 'Send less at once: shorter messages, smaller images, a smaller file or several requests.',
    },
    unsupported_media_type: {
      message: [
        'This route does not accept a body of the type `{type}`.',
        'The content type of the request is missing or not accepted here.',
      ],
      hint: 'Send JSON with `Content-Type: application/json`; upload files as `multipart/form-data`.',
    },
    rate_limit_exceeded: {
      message: [
        'Your requests exceed the rate limit of the gateway: {limit}.',
        'Your requests exceed the rate limit of the gateway.',
      ],
      hint: [
        'Retry in {seconds}, or ask an administrator for a higher limit.',
        'Send requests more slowly, or ask an administrator for a higher limit.',
      ],
    },
    provider_rate_limited: {
      message: [
        '{provider} limits how often the gateway may ask; your request is in order.',
        'The provider limits how often the gateway may ask; your request is in order.',
      ],
      hint: ['Retry in {seconds}, or name a fallback model.', 'Retry a little later, or name a fallback model.'],
    },
    client_closed_request: {
      message: 'The client closed the connection before the answer was complete.',
      hint: "If that was not intended, raise the client's timeout or stream the answer.",
    },
    internal_error: {
      message: 'The gateway failed on this request. The fault is its own, not yours.',
      hint: 'Retry. If it happens again, give the `request_id` to an administrator.',
    },
    provider_unreachable: {
      message: [
        'The gateway cannot reach {provider}; your request is in order.',
        'The gateway cannot reach the provider; your request is in order.',
      ],
      hint: 'Retry later or choose another provider. An administrator should check the network and the base URL.',
    },
    provider_bad_answer: {
      message: [
        '{provider} sent an answer that the gateway cannot use: {detail}.',
        '{provider} sent an answer that the gateway cannot use.',
        'The provider sent an answer that the gateway cannot use: {detail}.',
        'The provider sent an answer that the gateway cannot use.',
      ],
      hint: 'Retry, or choose another model. If it happens again, give the `request_id` to an administrator.',
    },
    provider_auth_failed: {
      message: [
        "{provider} rejected the gateway's credential; your API key is in order.",
        "The provider rejected the gateway's credential; your API key is in order.",
      ],
      hint: 'Choose a model of another provider, or ask an administrator to renew the credential.',
    },
    upstream_incomplete: {
      message: [
        '{provider} ended the stream before the answer was complete.',
        'The provider ended the stream before the answer was complete.',
      ],
      hint: 'Retry. What has arrived so far is only a part of the answer.',
    },
    provider_unavailable: {
      message: [
        '{provider} is temporarily unavailable; your request is in order.',
        'The provider is temporarily unavailable; your request is in order.',
      ],
      hint: [
        'Retry in {seconds}, or choose a model of another provider.',
        'Retry a little later, or choose a model of another provider.',
      ],
    },
    all_providers_failed: {
      message: ['No provider could answer this request: {count}.', 'No provider could answer this request.'],
      hint: [
        'Retry in {seconds}. `attempts` tells why each provider failed.',
        'Retry a little later. `attempts` tells why each provider failed.',
      ],
    },
    overloaded: {
      message: 'The gateway is working at its full capacity; your request is in order.',
      hint: ['Retry in {seconds}.', 'Retry a little later.'],
    },
    dependency_unavailable: {
      message: [
        'The gateway cannot reach a service that it depends on: {dependency}.',
        'The gateway cannot reach a service that it depends on.',
      ],
      hint: [
        'Retry in {seconds}. If it lasts, an administrator should check that service.',
        'Retry a little later. If it lasts, an administrator should check that service.',
      ],
    },
    server_shutting_down: {
      message: 'This gateway process is shutting down and takes no new requests.',
      hint: ['Retry in {seconds}.', 'Retry a little later, on a new connection.'],
    },
    deadline_exceeded: {
      message: [
        'The request was not finished within its deadline of {seconds}.',
        'The request was not finished within its deadline.',
      ],
      hint: 'Allow more time with `x-parley-timeout-ms`, ask for a shorter answer, or use a batch.',
    },
    provider_timeout: {
      message: [
        '{provider} did not answer within {seconds}.',
        '{provider} did not answer in time.',
        'The provider did not answer within {seconds}.',
        'The provider did not answer in time.',
      ],
      hint: 'Retry, ask for a shorter answer, or choose another model.',
    },
    provider_stalled: {
      message: [
        '{provider} fell silent in the middle of the answer: nothing came for {seconds}.',
        '{provider} fell silent in the middle of the answer.',
        'The provider fell silent in the middle of the answer: nothing came for {seconds}.',
        'The provider fell silent in the middle of the answer.',
      ],
      hint: 'Retry, or choose another model.',
    },
    storage_full: {
      message: 'The gateway has no storage left for this.',
      hint: 'Delete files and batches that you no longer need, or ask an administrator for more storage.',
    },
  },
};
