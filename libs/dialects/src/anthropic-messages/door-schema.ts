import { z } from 'zod';
import { base64Text, mediaType } from '../media.ts';

/**
 * Only what every provider would refuse or misread is checked here. Fields and blocks that are not known yet are legal:
 * Anthropic adds them often, and the relay passes them on.
 */
const KNOWN_BLOCKS = ['text', 'image', 'document', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result'] as const;
/** Parts that the hub has under these names and Anthropic has not: a dialect would take them for checked. */
const HUB_PARTS = ['image_url', 'video_url', 'input_audio', 'file', 'refusal'] as const;

/** `abort`: otherwise this mismatch would hide what is wrong with an object of a known type. */
const typeBeside = (known: readonly string[]) =>
  z.looseObject({ type: z.string().refine((type) => !known.includes(type), { abort: true }) });
const blockBeside = (known: readonly string[]) => typeBeside([...known, ...HUB_PARTS]);

const encodedSource = (type: z.ZodType<string>) =>
  z.looseObject({ type: z.literal('base64'), media_type: type, data: base64Text });
const linkedSource = z.looseObject({ type: z.literal('url'), url: z.string().min(1) });
/** https://docs.claude.com/en/docs/build-with-claude/vision; `image/jpg` is a common slip, which others forgive. */
const imageType = z.enum(['image/jpeg', 'image/jpg', 'image/png', 'image/gif', 'image/webp']);
const imageSource = z.union([
  z.discriminatedUnion('type', [encodedSource(imageType), linkedSource]),
  typeBeside(['base64', 'url']),
]);
const documentSource = z.union([
  z.discriminatedUnion('type', [
    encodedSource(mediaType),
    linkedSource,
    z.looseObject({ type: z.literal('text'), data: z.string() }),
    z.looseObject({ type: z.literal('content'), content: z.union([z.string(), z.array(z.looseObject({}))]) }),
  ]),
  typeBeside(['base64', 'url', 'text', 'content']),
]);
const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
const shownBlocks = [
  textBlock,
  z.looseObject({ type: z.literal('image'), source: imageSource }),
  z.looseObject({ type: z.literal('document'), source: documentSource }),
] as const;
const resultBlock = z.union([z.discriminatedUnion('type', shownBlocks), blockBeside(['text', 'image', 'document'])]);

const knownBlock = z.discriminatedUnion('type', [
  ...shownBlocks,
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.looseObject({
    type: z.literal('tool_use'),
    id: z.string().min(1),
    name: z.string().min(1),
    input: z.looseObject({}),
  }),
  z.looseObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string().min(1),
    content: z.union([z.string(), z.array(resultBlock)]).nullish(),
    is_error: z.boolean().nullish(),
  }),
]);
const content = z.union([z.string(), z.array(z.union([knownBlock, blockBeside(KNOWN_BLOCKS)]))]);
const texts = z.union([z.string(), z.array(textBlock)]);
/** Beside texts, instructions within a conversation add and remove tools, and may do nothing else. */
const instructions = z.union([z.string(), z.array(z.union([textBlock, blockBeside(KNOWN_BLOCKS)]))]);

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['user', 'assistant']), content }),
  z.looseObject({ role: z.literal('system'), content: instructions.nullish() }),
]);

const customTool = z.looseObject({
  type: z.literal('custom').nullish(),
  name: z.string().min(1),
  input_schema: z.looseObject({}),
});
/** `function` is the hub's word. */
const anthropicTool = typeBeside(['custom', 'function']);

const parallel = { disable_parallel_tool_use: z.boolean().nullish() };
const toolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['auto', 'any', 'none']), ...parallel }),
  z.looseObject({ type: z.literal('tool'), name: z.string().min(1), ...parallel }),
]);

const thinkingConfig = z.union([
  z.looseObject({ type: z.literal('enabled'), budget_tokens: z.number().int().positive() }),
  typeBeside(['enabled']),
]);

const schemaFormat = z.looseObject({ type: z.literal('json_schema'), schema: z.looseObject({}) });

/** A body of `POST /v1/messages/count_tokens`. */
export const countRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  system: texts.nullish(),
  tools: z.array(z.union([customTool, anthropicTool])).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: thinkingConfig.nullish(),
  output_config: z
    .looseObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: schemaFormat.nullish(),
    })
    .nullish(),
  output_format: schemaFormat.nullish(),
});

/** A body of `POST /v1/messages`. */
export const messagesRequest = countRequest.extend({
  // 0 fills the prompt cache and answers nothing.
  max_tokens: z.number().int().nonnegative(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  service_tier: z.string().nullish(),
});
