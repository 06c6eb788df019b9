import type { ChatRequest } from '@parley/contracts';
import type { JsonObject } from '../json-values.ts';

/** Writes the form of the answer and how wordy it is to be. */
export function encodeText(request: ChatRequest): JsonObject {
  const format = encodeFormat(request.response_format);
  const verbosity = request['verbosity'];
  const text = { ...(format && { format }), ...(typeof verbosity === 'string' && { verbosity }) };
  return Object.keys(text).length > 0 ? { text } : {};
}

function encodeFormat(format: ChatRequest['response_format']): JsonObject | undefined {
  if (!format || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json_object' };
  const { name, description, schema, strict } = format.json_schema;
  return {
    type: 'json_schema',
    name,
    ...(description && { description }),
    // Required here, while the hub does without it.
    schema: schema ?? { type: 'object' },
    ...(typeof strict === 'boolean' && { strict }),
  };
}
