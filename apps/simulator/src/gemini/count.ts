import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';
import type { Route } from '../vendor.ts';
import { FIELDS, invalid, readMessage, readOptional } from './fields.ts';
import { readRequest } from './read.ts';

/** Reads a countTokens request: contents alone, or a whole request. https://ai.google.dev/api/tokens#request-body */
export function readCount(body: JsonObject, headers: IncomingHttpHeaders, route: Route & { kind: 'generate' }): Ask {
  const { contents, generateContentRequest } = readMessage(body, FIELDS.countRequest, '');
  if (contents !== undefined && generateContentRequest !== undefined) {
    throw invalid('contents and generate_content_request must not both be set.');
  }
  const whole = readOptional(generateContentRequest, FIELDS.request, 'generate_content_request');
  if (generateContentRequest !== undefined && whole.model !== `models/${route.model}`) {
    throw invalid(`* CountTokensRequest.generate_content_request.model: must be models/${route.model}`);
  }
  const ask = readRequest(contents === undefined ? whole : { contents }, headers, route);
  ask.isCount = true;
  return ask;
}

export function writeCount({ usage }: Answer): string {
  const totalTokens = usage?.input ?? 0;
  return JSON.stringify({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] });
}
