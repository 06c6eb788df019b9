import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SseReader } from '../sse.ts';
import { asking, open } from './door.testing.ts';
import { answerContext } from './fold.testing.ts';
import { encodeRequest } from './request.ts';
import type { JsonObject } from '../json-values.ts';

const root = process.env['PARLEY_RECORDINGS'] ?? join(import.meta.dirname, '../../../../../shared/recordings');
const isPresent = existsSync(join(root, 'cases.tsv'));
if (!isPresent) console.warn('SKIPPED: recordings not found; the Gemini door is not tested over recorded traffic');

const files = isPresent
  ? ['gemini', 'vertex'].flatMap((vendor) => readdirSync(join(root, vendor)).map((file) => join(root, vendor, file)))
  : [];
const streams = files.filter((file) => /streamGenerateContent-(?!err)[^/]*\.response\.sse$/.test(file));
const requests = files.filter((file) => /enerateContent-(?!err)[^/]*\.request\.json$/.test(file));
const nameOf = (file: string): string => file.split('/').slice(-2).join('/');

function relay(body: Buffer, pieceBytes: number, form: 'events' | 'array'): string {
  const transform = open(asking(), form).door.relay.openStream(answerContext, { includeUsage: true, asked: undefined });
  const passed: (Buffer | null)[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) passed.push(transform.push(body.subarray(at, at + pieceBytes)));
  passed.push(transform.end(() => ({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })));
  expect(transform.facts).toMatchObject({ begun: true, done: true });
  return Buffer.concat(passed.filter((piece) => piece !== null)).toString();
}

describe('recorded Gemini traffic at the door', () => {
  it('comes from a folder that either has cases or is absent', () => {
    expect([streams.length > 10, requests.length > 20]).toEqual([isPresent, isPresent]);
  });

  for (const file of streams) {
    it(`is relayed byte by byte: ${nameOf(file)}`, () => {
      const body = readFileSync(file);
      const text = body.toString();
      for (const pieceBytes of [body.length, 1])
        expect(relay(body, pieceBytes, 'events').slice(0, text.length)).toBe(text);
      const reader = new SseReader();
      const events = [...reader.push(body), ...reader.end()].map(({ data }) => JSON.parse(data) as unknown);
      expect(JSON.parse(relay(body, 1000, 'array'))).toEqual(events);
    });
  }

  for (const file of requests) {
    it(`is understood: ${nameOf(file)}`, () => {
      const body = JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
      const { request, losses } = open(body);
      const { body: again } = encodeRequest(request, answerContext.target) as { body: JsonObject };
      const refused = losses.filter(({ action }) => action === 'refused');
      // What was said goes up again, unless it is said that it does not.
      if (refused.length === 0) expect(textsOf(again['contents'])).toEqual(textsOf(body['contents']));
    });
  }
});

/** Every text that is not a thought, which only signatures give back. */
function textsOf(contents: unknown): string {
  const texts: string[] = [];
  JSON.stringify(contents, (_key, value: unknown) => {
    const part = value as { text?: unknown; thought?: unknown } | null;
    if (typeof part?.text === 'string' && part.thought !== true) texts.push(part.text);
    return value;
  });
  return texts.join('');
}
