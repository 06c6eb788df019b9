import { addMedia, type Ask } from '../ask.ts';
import { base64ByteCount, isObject, type JsonObject, stringOf } from '../json.ts';
import { FIELDS, invalid, readList, readMessage } from './fields.ts';

type Turn = { role: string; parts: JsonObject[] };

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/u;

export function readSystem(ask: Ask, value: unknown): void {
  if (value === undefined) return;
  const content = readMessage(value, FIELDS.content, 'system_instruction');
  const parts = readList(content.parts, 'system_instruction.parts').map((part, index) =>
    readMessage(part, FIELDS.part, `system_instruction.parts[${index}]`),
  );
  ask.system = parts.map((part) => stringOf(part.text)).join('\n');
  ask.promptCharacters += ask.system.length;
}

/** Reads the conversation; function calls and responses must alternate as Google demands. */
export function readContents(ask: Ask, value: unknown): void {
  const contents = readList(value, 'contents');
  if (contents.length === 0) throw invalid('* GenerateContentRequest.contents: contents is not specified\n');
  // A client may keep each event of a streamed answer as a turn of its own.
  let openCalls = 0;
  for (const [index, content] of contents.entries()) {
    const turn = readTurn(content, index);
    ask.roles.push(turn.role);
    const texts = turn.parts.map((part, position) => readPart(ask, part, `contents[${index}].parts[${position}]`));
    const text = texts.filter((entry) => entry !== '').join('\n');
    ask.promptCharacters += text.length;
    if (turn.role === 'user' && text !== '') ask.lastUserText = text;
    if (turn.role === 'model') openCalls += countParts(turn, 'functionCall');
    else {
      checkResponses(turn, openCalls);
      openCalls = 0;
    }
    if (index === contents.length - 1) ask.endsWithToolResults = turn.parts.at(-1)?.functionResponse !== undefined;
  }
}

function readTurn(value: unknown, index: number): Turn {
  const path = `contents[${index}]`;
  const content = readMessage(value, FIELDS.content, path);
  // `function` is how Google's older SDK (`@google/generative-ai`) names the user's turn with results.
  const role = content.role === undefined || content.role === 'function' ? 'user' : content.role;
  if (role !== 'user' && role !== 'model') throw invalid('Please use a valid role: user, model.');
  const parts = readList(content.parts, `${path}.parts`);
  if (parts.length === 0) {
    throw invalid(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.\n`);
  }
  return {
    role,
    parts: parts.map((part, position) => readMessage(part, FIELDS.part, `${path}.parts[${position}]`)),
  };
}

function checkResponses(turn: Turn, openCalls: number): void {
  const responses = countParts(turn, 'functionResponse');
  if (responses === openCalls) return;
  if (openCalls === 0) {
    throw invalid('Please ensure that function response turn comes immediately after a function call turn.');
  }
  throw invalid(
    'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
  );
}

function countParts(turn: Turn, name: string): number {
  return turn.parts.filter((part) => part[name] !== undefined).length;
}

function readPart(ask: Ask, part: JsonObject, path: string): string {
  checkOneKind(part, path);
  if (part.thoughtSignature !== undefined && !BASE64.test(stringOf(part.thoughtSignature))) {
    throw invalid(`Invalid value at '${path}.thought_signature' (TYPE_BYTES), Base64 decoding failed`);
  }
  if (part.text !== undefined) {
    if (typeof part.text !== 'string')
      throw invalid(`Invalid value at '${path}.text' (TYPE_STRING), ${JSON.stringify(part.text)}`);
    return part.thought === true ? '' : part.text;
  }
  if (part.inlineData !== undefined) readBlob(ask, part.inlineData, `${path}.inline_data`);
  else if (part.fileData !== undefined) {
    const file = readMessage(part.fileData, FIELDS.file, `${path}.file_data`);
    addMedia(ask, { url: stringOf(file.fileUri) }, stringOf(file.mimeType).startsWith('image/'));
  } else if (part.functionCall !== undefined) readCall(part.functionCall, `${path}.function_call`);
  else if (part.functionResponse !== undefined) readResponse(ask, part.functionResponse, `${path}.function_response`);
  return '';
}

/** A part holds exactly one kind of data. */
function checkOneKind(part: JsonObject, path: string): void {
  const decorations = ['thought', 'thoughtSignature', 'videoMetadata', 'mediaResolution', 'partMetadata'];
  const kinds = Object.keys(part).filter((name) => !decorations.includes(name));
  if (kinds.length === 1 || (kinds.length === 0 && part.thoughtSignature !== undefined)) return;
  if (kinds.length > 1) throw invalid(`Invalid value at '${path}' (oneof), oneof field 'data' is already set.`);
  throw invalid(`* GenerateContentRequest.${path}.data: required oneof field 'data' must have one initialized field\n`);
}

function readBlob(ask: Ask, value: unknown, path: string): void {
  const blob = readMessage(value, FIELDS.blob, path);
  const mime = stringOf(blob.mimeType);
  const data = stringOf(blob.data);
  if (mime === '') throw invalid(`* GenerateContentRequest.${path}.mime_type: must not be empty.\n`);
  if (!BASE64.test(data)) throw invalid(`Invalid value at '${path}.data' (TYPE_BYTES), Base64 decoding failed`);
  addMedia(ask, { mime, bytes: base64ByteCount(data) }, mime.startsWith('image/'));
}

function readCall(value: unknown, path: string): void {
  const call = readMessage(value, FIELDS.functionCall, path);
  if (stringOf(call.name) === '') throw invalid(`* GenerateContentRequest.${path}.name: Name cannot be empty.\n`);
  if (call.args !== undefined && !isObject(call.args)) throw notStruct(`${path}.args`, call.args);
}

function readResponse(ask: Ask, value: unknown, path: string): void {
  const { name, response } = readMessage(value, FIELDS.functionResponse, path);
  if (stringOf(name) === '') throw invalid(`* GenerateContentRequest.${path}.name: Name cannot be empty.\n`);
  if (!isObject(response)) throw notStruct(`${path}.response`, response);
  const told = response.output ?? response.result ?? response.error;
  const content = typeof told === 'string' ? told : JSON.stringify(told ?? response);
  ask.promptCharacters += content.length;
  ask.toolResults.push({ name: stringOf(name), content });
}

function notStruct(path: string, value: unknown): Error {
  return invalid(`Invalid value at '${path}' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(value)}`);
}
