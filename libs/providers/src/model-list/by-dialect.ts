import type { DialectId } from '@parley/contracts';
import type { ListedModel } from '../provider.ts';
import { asCount, asText, namedModel, readEntries, type Entry } from './read-entries.ts';

/** Throws `provider_bad_answer` when the body is no model list; entries that make no sense are left out. */
export function readModelList(dialect: DialectId, body: unknown): ListedModel[] {
  const { member, read } = LISTS[dialect];
  return readEntries(body, [member], read);
}

/** Limits are no fields of OpenAI's: these are the names that servers like it have for them. */
const CONTEXT_LENGTH = ['context_length', 'context_window', 'max_context_length', 'max_model_len'];
const MAX_OUTPUT_TOKENS = ['max_completion_tokens', 'max_output_tokens'];

/** https://platform.openai.com/docs/api-reference/models/object */
export const readCompatibleModel = (entry: Entry): ListedModel => ({
  id: asText(entry.id) ?? '',
  displayName: asText(entry.name) ?? asText(entry.display_name),
  contextLength: firstCount(entry, CONTEXT_LENGTH),
  maxOutputTokens: firstCount(entry, MAX_OUTPUT_TOKENS),
});

const firstCount = (entry: Entry, names: readonly string[]): number | null =>
  names.map((name) => asCount(entry[name])).find((count) => count !== null) ?? null;

const LISTS: Record<DialectId, { member: string; read(this: void, entry: Entry): ListedModel }> = {
  'openai-chat': { member: 'data', read: readCompatibleModel },
  'openai-responses': { member: 'data', read: readCompatibleModel },
  // https://docs.claude.com/en/api/models-list
  'anthropic-messages': {
    member: 'data',
    read: (entry) => ({
      id: asText(entry.id) ?? '',
      displayName: asText(entry.display_name),
      contextLength: asCount(entry.max_input_tokens),
      maxOutputTokens: asCount(entry.max_tokens),
    }),
  },
  // https://ai.google.dev/api/models
  'gemini-generate-content': {
    member: 'models',
    read: (entry) => ({
      id: asText(entry.name)?.replace(/^models\//, '') ?? '',
      displayName: asText(entry.displayName),
      contextLength: asCount(entry.inputTokenLimit),
      maxOutputTokens: asCount(entry.outputTokenLimit),
    }),
  },
  // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
  'bedrock-converse': { member: 'modelSummaries', read: (entry) => namedModel(entry.modelId, entry.modelName) },
  // https://docs.ollama.com/api/tags
  'ollama-chat': { member: 'models', read: (entry) => namedModel(asText(entry.model) ?? entry.name) },
  // https://docs.cohere.com/reference/list-models
  'cohere-chat': {
    member: 'models',
    read: (entry) => ({ ...namedModel(entry.name), contextLength: asCount(entry.context_length) }),
  },
};
