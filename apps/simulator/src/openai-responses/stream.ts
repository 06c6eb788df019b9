import { type Answer, type Frame, type Identity, splitFragments, splitWords } from '../answer.ts';
import type { Ask } from '../ask.ts';
import { type JsonObject, objectsOf, stringOf } from '../json.ts';
import { describeStatus } from '../openai/errors.ts';
import { finishResponse, type OutputItem, startResponse, writeLogprobs, writeOutput } from './write.ts';

type Event = { type: string; fields: JsonObject };

/** Frames of a stream, numbered, in the order of https://platform.openai.com/docs/api-reference/responses-streaming */
export function writeStream(ask: Ask, answer: Answer, identity: Identity): Frame[] {
  const output = writeOutput(ask, answer, identity);
  const response = startResponse(ask, identity);
  const last = finishResponse(
    ask,
    answer,
    identity,
    output.map(({ item }) => item),
  );
  const events = [
    { type: 'response.created', fields: { response } },
    { type: 'response.in_progress', fields: { response } },
    ...output.flatMap((entry, index) => writeItem(ask, entry, index)),
    { type: `response.${stringOf(last.status)}`, fields: { response: last } },
  ];
  return events.map(({ type, fields }, number) => ({
    wire: writeEvent(type, fields, number),
    isDelta: type.endsWith('.delta'),
  }));
}

/** What comes in place of the rest. https://platform.openai.com/docs/api-reference/responses-streaming/error */
export function writeStreamFailure(_ask: Ask, _isFirst: boolean, frameCount: number): string {
  const error = { type: 'server_error', code: 'server_error', message: describeStatus(500), param: null };
  return writeEvent('error', { error }, frameCount);
}

function writeEvent(type: string, fields: JsonObject, sequence_number: number): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`;
}

function writeItem(ask: Ask, entry: OutputItem, output_index: number): Event[] {
  const { item } = entry;
  const { id: item_id } = item;
  const begun = { reasoning: { summary: [] }, message: { content: [] }, function_call: { arguments: '' } }[item.type];
  const started = { ...item, ...begun, ...('status' in item && { status: 'in_progress' }) };
  const inside = item.type === 'function_call' ? writeArguments(entry) : writePart(ask, entry);
  return [
    { type: 'response.output_item.added', fields: { output_index, item: started } },
    ...inside.map(({ type, fields }) => ({ type, fields: { item_id, output_index, ...fields } })),
    { type: 'response.output_item.done', fields: { output_index, item } },
  ];
}

function writeArguments({ item, words }: OutputItem): Event[] {
  const type = 'response.function_call_arguments';
  return [
    ...splitFragments(words).map((delta) => ({ type: `${type}.delta`, fields: { delta } })),
    { type: `${type}.done`, fields: { name: item.name, arguments: words } },
  ];
}

/** A message has one part, reasoning one summary or none. */
function writePart(ask: Ask, { item, words }: OutputItem): Event[] {
  const isSummary = item.type === 'reasoning';
  const [part] = objectsOf(isSummary ? item.summary : item.content);
  if (!part) return [];
  const place = isSummary ? { summary_index: 0 } : { content_index: 0 };
  const kind = isSummary ? 'reasoning_summary_part' : 'content_part';
  const isRefusal = part.type === 'refusal';
  const growth = isSummary ? 'reasoning_summary_text' : isRefusal ? 'refusal' : 'output_text';
  const field = isRefusal ? 'refusal' : 'text';
  const logprobsOf = (texts: string[]): JsonObject =>
    growth === 'output_text' ? { logprobs: writeLogprobs(ask, texts) } : {};
  const whole = { ...place, [field]: words, ...logprobsOf(splitWords(words)) };
  return [
    { type: `response.${kind}.added`, fields: { ...place, part: { ...part, [field]: '' } } },
    ...splitWords(words).map((delta) => ({
      type: `response.${growth}.delta`,
      fields: { ...place, delta, ...logprobsOf([delta]) },
    })),
    { type: `response.${growth}.done`, fields: whole },
    { type: `response.${kind}.done`, fields: { ...place, part } },
  ];
}
