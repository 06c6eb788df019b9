import type { Capabilities, ConnectionOptions } from '@parley/contracts';
import { bedrockConverse } from '@parley/dialects';
import { awsAuth } from '../auth/aws.ts';
import { namedModel, readEntries, type Entry } from '../model-list/read-entries.ts';
import type { Account, ListedModel, Provider } from '../provider.ts';
import { anthropic } from './anthropic.ts';

/**
 * Models with structured outputs on Bedrock, which are not those of their makers' own services.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
const STRUCTURED_OUTPUT =
  /claude-(?:(?:haiku|sonnet|opus)-4-5|(?:sonnet|opus)-4-6)|openai\.gpt-oss|qwen3|deepseek\.v3|gemma-3|minimax-m2|kimi-k2|nemotron|mistral\.(?:magistral|ministral-3|mistral-large-3|voxtral)/;

/** Source: https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html */
const TOOLS =
  /claude-(?!instant|2|v2)|amazon\.nova|llama3-[13]|llama3-2-(?:11b|90b)|llama4|mistral\.(?:mistral-large|pixtral)|command-r|openai\.gpt|qwen3|kimi|minimax/;
const NO_TOOLS = /titan|llama3-(?:8b|70b)|llama3-2-(?:1b|3b)|mistral-7b|mixtral|deepseek\.r1|command-(?:text|light)/;
const READS_IMAGES =
  /claude-(?!instant|2|v2)|nova-(?:2-)?(?:lite|pro|premier)|llama3-2-(?:11b|90b)|llama4|pixtral|gemma-3|vl-|mistral-large-3|ministral-3/;
const READS_NO_IMAGES =
  /nova-micro|titan|llama3-[0-3](?!-(?:11b|90b))|gpt-oss|deepseek|mixtral|mistral-7b|qwen3-(?:32b|coder)/;

/** Since 4.7, Claude takes no sampling parameters; OpenAI's own models never did. */
const NO_SAMPLING = /claude-(?:opus-4-[7-9]|opus-[5-9]|sonnet-[5-9]|haiku-[5-9]|fable)|openai\.gpt-(?!oss)/;

function capabilitiesOf(upstreamModel: string): Capabilities {
  const claude = /anthropic\.claude/.test(upstreamModel);
  const tools = tell(upstreamModel, TOOLS, NO_TOOLS);
  const images = tell(upstreamModel, READS_IMAGES, READS_NO_IMAGES);
  const reasoning = reasoningOf(upstreamModel);
  return {
    ...(claude && anthropic.capabilitiesOf?.(upstreamModel)),
    ...(tools !== undefined && { tools }),
    ...(images !== undefined && { images }),
    logprobs: false,
    json_schema: STRUCTURED_OUTPUT.test(upstreamModel),
    ...(NO_SAMPLING.test(upstreamModel) && { sampling: false }),
    ...(reasoning && { reasoning }),
  };
}

/** Undefined where nothing is known. */
function tell(upstreamModel: string, can: RegExp, cannot: RegExp): boolean | undefined {
  if (cannot.test(upstreamModel)) return false;
  return can.test(upstreamModel) ? true : undefined;
}

/** Of Claude Anthropic's catalog knows. */
function reasoningOf(upstreamModel: string): Capabilities['reasoning'] {
  if (/nova-2-lite|openai\.gpt/.test(upstreamModel)) return 'effort';
  return /titan|nova-(?:micro|lite|pro|premier)|meta\.llama|mixtral|mistral-7b/.test(upstreamModel)
    ? 'none'
    : undefined;
}

function baseUrlFor({ region }: ConnectionOptions): string | undefined {
  return region && `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** Models are listed by another host of the region; below an address of one's own everything is expected there. */
function listAddress({ baseUrl }: Account, path: string): string {
  return baseUrl.replace(/^https:\/\/bedrock-runtime(-fips)?\./, 'https://bedrock$1.') + path;
}

/**
 * Models that can be called as they are, and the inference profiles by which the others can. Sources:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html and API_ListInferenceProfiles.html
 */
function readModels(body: unknown): ListedModel[] {
  return readEntries(body, ['modelSummaries', 'inferenceProfileSummaries'], (entry) => {
    // Without a name an entry is left out.
    if (!isUsable(entry)) return namedModel(undefined);
    return namedModel(
      entry['modelId'] ?? entry['inferenceProfileId'],
      entry['modelName'] ?? entry['inferenceProfileName'],
    );
  });
}

function isUsable({ outputModalities, inferenceTypesSupported, status }: Entry): boolean {
  const holds = (list: unknown, word: string): boolean => !Array.isArray(list) || list.includes(word);
  const active = status === undefined || status === 'ACTIVE';
  return active && holds(outputModalities, 'TEXT') && holds(inferenceTypesSupported, 'ON_DEMAND');
}

/** Names of the price catalog that stand for several: by region, or without the date that belongs to them. */
const IS_GENERIC = /^regional\.|claude-(?!.*-\d{8}-).*-v1:0$/;

export const bedrock: Provider = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  dialects: [bedrockConverse],
  baseUrl: null,
  baseUrlFor,
  auth: awsAuth,
  needsCredential: false,
  modelList: {
    address: (account) => listAddress(account, '/foundation-models'),
    furtherAddresses: (account) => [listAddress(account, '/inference-profiles?maxResults=1000')],
    read: readModels,
  },
  environment: {
    prefix: 'BEDROCK',
    apiKey: ['AWS_BEARER_TOKEN_BEDROCK'],
    options: { region: ['AWS_REGION'] },
    isPresent: ({ AWS_REGION: region, BEDROCK_BASE_URL: baseUrl, ...variables }) => {
      const { AWS_BEARER_TOKEN_BEDROCK: token, AWS_ACCESS_KEY_ID: keyId, AWS_PROFILE: profile } = variables;
      return Boolean(baseUrl || (region && (token || keyId || profile)));
    },
  },
  pricesId: 'aws',
  defaultModel: 'global.amazon.nova-2-lite-v1:0',
  isChatModel: (model) =>
    !IS_GENERIC.test(model) && !/embed|rerank|sonic|canvas|reel|image|upscale|stable-/.test(model),
  isEmbeddingModel: (model) => /titan-embed-text|cohere\.embed/.test(model),
  capabilitiesOf,
};
