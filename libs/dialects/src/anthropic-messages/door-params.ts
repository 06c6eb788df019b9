import { isObject, objectsIn, type JsonObject } from '../json-values.ts';
import { blocksOf, decodeBlock, decodeInstructions } from './door-blocks.ts';
import { offeredTools } from './door-offered-tools.ts';

/** Fields of the hub that have another name here. */
const NAMES: Readonly<Record<string, string>> = {
  stop: 'stop_sequences',
  user: 'metadata.user_id',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  response_format: 'output_config.format',
};

/** Where a message of the hub comes from in the client's body, and where each of its parts and calls does. */
type Origin = { place: string; parts: string[]; calls: string[] };

/** The names that fields of the hub have for a client that sent `body`; without it, where in the messages is not known. */
export function paramsOf(body?: unknown): (param: string) => string {
  if (!isObject(body)) return (param) => NAMES[param] ?? param;
  let origins: Origin[] | undefined;
  return (param) => {
    if (param === 'reasoning_effort') return isEffortNamed(body) ? 'output_config.effort' : 'thinking';
    const [, index, field = ''] = /^messages\.(\d+)(?:\.(.+))?$/.exec(param) ?? [];
    if (index !== undefined) return placeOf((origins ??= originsOf(body))[Number(index)], field);
    const [, tool, rest = ''] = /^tools\.(\d+)(.*)$/.exec(param) ?? [];
    if (tool !== undefined) return placeOfTool(Number(tool), body) + nameInTool(rest);
    return NAMES[param] ?? param;
  };
}

function isEffortNamed({ output_config: config }: JsonObject): boolean {
  return isObject(config) && typeof config['effort'] === 'string';
}

/** Not every tool of the client's is offered, and some stand in its messages. */
function placeOfTool(index: number, { tools, messages }: JsonObject): string {
  const at = objectsIn(tools).indexOf(offeredTools(tools, messages)[index] ?? {});
  return at < 0 ? 'messages' : `tools.${at}`;
}

const nameInTool = (rest: string): string =>
  rest.replace('.function.parameters', '.input_schema').replace('.function', '');

function placeOf(origin: Origin | undefined, field: string): string {
  if (!origin) return 'messages';
  const [, list, index] = /^(content|tool_calls)\.(\d+)/.exec(field) ?? [];
  const found = list === undefined ? undefined : origin[list === 'content' ? 'parts' : 'calls'][Number(index)];
  return found ?? origin.place;
}

/** In the order in which `decodeMessages` makes messages of them. */
function originsOf({ system, messages }: JsonObject): Origin[] {
  const instructions: Origin = { place: 'system', parts: [], calls: [] };
  instructions.parts.push(...partsOf(system, 'system', (block) => decodeInstructions([block]).length));
  const turns = objectsIn(messages).flatMap(({ role, content }, index): Origin[] => {
    const place = `messages.${index}`;
    const within = `${place}.content`;
    if (role === 'assistant') {
      const ofType = (type: string) => partsOf(content, within, (block) => (block['type'] === type ? 1 : 0));
      return [{ place, parts: ofType('text'), calls: ofType('tool_use') }];
    }
    if (role === 'user') return originsOfUser(content, place, within);
    instructions.parts.push(...partsOf(content, within, (block) => decodeInstructions([block]).length));
    return [];
  });
  return instructions.parts.length > 0 ? [instructions, ...turns] : turns;
}

function originsOfUser(content: unknown, place: string, within: string): Origin[] {
  const results = blocksOf(content).flatMap((block, index): Origin[] => {
    if (block['type'] !== 'tool_result') return [];
    const result = `${within}.${index}`;
    return [{ place: result, parts: partsOf(block['content'], `${result}.content`, countParts), calls: [] }];
  });
  const parts = partsOf(content, within, (block) => (block['type'] === 'tool_result' ? 0 : countParts(block)));
  return results.length > 0 && parts.length === 0 ? results : [...results, { place, parts, calls: [] }];
}

const countParts = (block: JsonObject): number => decodeBlock(block).length;

/** For each part that a content becomes, the block that it comes from. */
function partsOf(content: unknown, place: string, count: (block: JsonObject) => number): string[] {
  return blocksOf(content).flatMap((block, index) =>
    Array.from({ length: count(block) }, () => (typeof content === 'string' ? place : `${place}.${index}`)),
  );
}
