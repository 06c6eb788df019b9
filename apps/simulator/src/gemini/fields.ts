import { isObject, type JsonObject } from '../json.ts';
import { WireError } from '../wire-error.ts';

function names(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Fields by message type, of https://ai.google.dev/api/generate-content and the types of @google/genai. */
export const FIELDS = {
  request: names(
    'model contents systemInstruction generationConfig safetySettings tools toolConfig cachedContent store serviceTier',
  ),
  countRequest: names('contents generateContentRequest'),
  content: names('role parts'),
  part: names(
    'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse thought thoughtSignature videoMetadata mediaResolution partMetadata',
  ),
  blob: names('mimeType data displayName'),
  file: names('mimeType fileUri displayName'),
  functionCall: names('id name args partialArgs willContinue'),
  functionResponse: names('id name response willContinue scheduling parts'),
  tool: names(
    'functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext computerUse fileSearch googleMaps mcpServers',
  ),
  functionDeclaration: names('name description behavior parameters parametersJsonSchema response responseJsonSchema'),
  schema: names(
    'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum additionalProperties',
  ),
  toolConfig: names('functionCallingConfig retrievalConfig includeServerSideToolInvocations'),
  functionCallingConfig: names('mode allowedFunctionNames streamFunctionCallArguments'),
  generationConfig: names(
    'stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution',
  ),
  thinkingConfig: names('includeThoughts thinkingBudget thinkingLevel'),
} as const;

export function invalid(message: string): WireError {
  return new WireError(400, message);
}

/**
 * Reads one message: its fields under their camel-case names (Google takes snake case too), unknown ones refused.
 * `path` is in snake case, as Google's errors write it; empty at the top.
 */
export function readMessage(value: unknown, known: ReadonlySet<string>, path: string): JsonObject {
  if (!isObject(value)) throw invalid(`Invalid value at '${path}', expected an object.`);
  const message: JsonObject = {};
  for (const [name, field] of Object.entries(value)) {
    const camel = name.includes('_') ? toCamelCase(name) : name;
    if (!known.has(camel)) {
      const place = path === '' ? '' : ` at '${path}'`;
      throw invalid(`Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`);
    }
    // In JSON, protobuf reads null as "not set".
    if (field !== null) message[camel] = field;
  }
  return message;
}

/** Like readMessage, for a field that may be absent. */
export function readOptional(value: unknown, known: ReadonlySet<string>, path: string): JsonObject {
  return value === undefined ? {} : readMessage(value, known, path);
}

/** A repeated field; protobuf's JSON also takes nothing for none. */
export function readList(value: unknown, path: string): unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(`Invalid value at '${path}', expected a list.`);
  return value;
}

export function checkNumber(value: unknown, path: string, type: 'TYPE_FLOAT' | 'TYPE_INT32'): void {
  if (value === undefined) return;
  if (typeof value === 'number' && (type === 'TYPE_FLOAT' || Number.isInteger(value))) return;
  throw invalid(`Invalid value at '${path}' (${type}), ${JSON.stringify(value)}`);
}

/** The OpenAPI subset of `parameters` and `responseSchema`: no $ref, $defs, $schema or const. */
export function checkSchema(value: unknown, path: string): JsonObject {
  const schema = readMessage(value, FIELDS.schema, path);
  if (schema.items !== undefined) checkSchema(schema.items, `${path}.items`);
  if (isObject(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties)) {
      checkSchema(property, `${path}.properties[${name}]`);
    }
  }
  for (const [index, choice] of readList(schema.anyOf, `${path}.any_of`).entries()) {
    checkSchema(choice, `${path}.any_of[${index}]`);
  }
  return schema;
}

function toCamelCase(name: string): string {
  return name.replaceAll(/_([a-z])/gu, (_match, letter: string) => letter.toUpperCase());
}
