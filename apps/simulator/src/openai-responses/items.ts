import { signReasoning } from '../answer.ts';
import { addMedia, type Ask } from '../ask.ts';
import { isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';
import { invalid, wrongType } from '../openai/checks.ts';
import { readDataUrl, readImageUrl } from '../openai/messages.ts';
import { WireError } from '../wire-error.ts';

const ROLES = ['assistant', 'system', 'developer', 'user'];
/** Calls and results of tools that are not the caller's, and references: let through unread. */
const OTHER_ITEM = /^(item_reference|compaction|mcp_list_tools|mcp_approval_\w+|\w+_call(_output)?)$/u;

type Calls = { names: Map<string, string>; unanswered: Set<string> };

/** Reads the conversation: messages, calls with their outputs, and reasoning with what it led to. */
export function readItems(ask: Ask, items: unknown[]): void {
  const calls: Calls = { names: new Map(), unanswered: new Set() };
  for (const [index, item] of items.entries()) {
    const path = `input[${index}]`;
    if (!isObject(item)) throw wrongType(path, 'an object', item);
    const type = stringOf(item.type ?? 'message');
    ask.roles.push(type === 'message' ? stringOf(item.role) : type);
    readItem(ask, item, type, path, calls);
    if (type === 'reasoning') checkFollower(item, items[index + 1]);
  }
  const [open] = calls.unanswered;
  if (open !== undefined) throw invalid(`No tool output found for function call ${open}.`, 'input');
  ask.endsWithToolResults = ask.roles.at(-1) === 'function_call_output';
}

function readItem(ask: Ask, item: JsonObject, type: string, path: string, calls: Calls): void {
  if (type === 'message') readMessage(ask, item, path);
  else if (type === 'function_call') readCall(item, path, calls);
  else if (type === 'function_call_output') readOutput(ask, item, path, calls);
  else if (type === 'reasoning') checkReasoning(item, path);
  else if (!OTHER_ITEM.test(type)) {
    const message = `Invalid value: '${type}'. Supported values are: 'function_call', 'function_call_output', 'message', 'reasoning', and others.`;
    throw invalid(message, `${path}.type`, 'invalid_value');
  }
}

function readMessage(ask: Ask, item: JsonObject, path: string): void {
  const role = stringOf(item.role);
  if (!ROLES.includes(role)) {
    const supported = ROLES.map((known) => `'${known}'`).join(', ');
    throw invalid(`Invalid value: '${role}'. Supported values are: ${supported}.`, `${path}.role`, 'invalid_value');
  }
  const text = readContent(ask, item.content, role === 'assistant', `${path}.content`);
  ask.promptCharacters += text.length;
  if (role === 'system' || role === 'developer') ask.system += (ask.system === '' ? '' : '\n') + text;
  if (role === 'user' && text !== '') ask.lastUserText = text;
}

function readContent(ask: Ask, content: unknown, isOutput: boolean, path: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw wrongType(path, 'one of a string or array of objects', content);
  return content.map((part, index) => readPart(ask, part, isOutput, `${path}[${index}]`)).join('');
}

function readPart(ask: Ask, part: unknown, isOutput: boolean, path: string): string {
  if (!isObject(part)) throw wrongType(path, 'an object', part);
  const type = stringOf(part.type);
  if (type === (isOutput ? 'output_text' : 'input_text')) {
    if (typeof part.text !== 'string') throw wrongType(`${path}.text`, 'a string', part.text);
    return part.text;
  }
  if (isOutput && type === 'refusal') return stringOf(part.refusal);
  if (!isOutput && type === 'input_image') {
    if (typeof part.file_id === 'string') addMedia(ask, { url: part.file_id }, true);
    else addMedia(ask, readImageUrl(stringOf(part.image_url), path), true);
    return '';
  }
  if (!isOutput && type === 'input_file') {
    const { file_data: data, file_url: url, file_id: id } = part;
    addMedia(ask, typeof data === 'string' ? readDataUrl(data, path) : { url: stringOf(url ?? id) }, false);
    return '';
  }
  const supported = isOutput ? "'output_text' and 'refusal'" : "'input_text', 'input_image', and 'input_file'";
  throw invalid(`Invalid value: '${type}'. Supported values are: ${supported}.`, `${path}.type`, 'invalid_value');
}

function readCall(item: JsonObject, path: string, { names, unanswered }: Calls): void {
  for (const field of ['call_id', 'name', 'arguments']) {
    if (item[field] === undefined) {
      throw invalid(
        `Missing required parameter: '${path}.${field}'.`,
        `${path}.${field}`,
        'missing_required_parameter',
      );
    }
    if (typeof item[field] !== 'string') throw wrongType(`${path}.${field}`, 'a string', item[field]);
  }
  names.set(stringOf(item.call_id), stringOf(item.name));
  unanswered.add(stringOf(item.call_id));
}

function readOutput(ask: Ask, item: JsonObject, path: string, { names, unanswered }: Calls): void {
  const id = stringOf(item.call_id);
  if (!unanswered.delete(id)) {
    throw invalid(`No tool call found for function call output with call_id ${id}.`, 'input');
  }
  const content = readContent(ask, item.output, false, `${path}.output`);
  ask.promptCharacters += content.length;
  ask.toolResults.push({ name: names.get(id) ?? '', content });
}

/** The state must be what the simulator itself gave out under that id: the real one cannot read other state either. */
function checkReasoning(item: JsonObject, path: string): void {
  const id = stringOf(item.id);
  if (!Array.isArray(item.summary)) {
    throw invalid(`Missing required parameter: '${path}.summary'.`, `${path}.summary`, 'missing_required_parameter');
  }
  if (objectsOf(item.content).length > 0) {
    const message = `Invalid '${path}.content': array too long. Expected an array with maximum length 0, but got an array with length ${objectsOf(item.content).length} instead.`;
    throw invalid(message, `${path}.content`, 'array_above_max_length');
  }
  const state = stringOf(item.encrypted_content);
  if (state === '') {
    const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
    throw new WireError(404, message, { param: 'input', code: '' });
  }
  if (state !== signReasoning(id)) {
    const message = `The encrypted content for item ${id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`;
    throw invalid(message, undefined, 'invalid_encrypted_content');
  }
}

function checkFollower(item: JsonObject, next: unknown): void {
  const isOutput = isObject(next) && (next.role === 'assistant' || /^reasoning$|_call$/u.test(stringOf(next.type)));
  if (isOutput) return;
  const message = `Item '${stringOf(item.id)}' of type 'reasoning' was provided without its required following item.`;
  throw invalid(message, 'input');
}
