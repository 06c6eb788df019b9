import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base64Problem, mediaTypeProblem, urlProblem } from './media.ts';

describe('media in a body', () => {
  it('are base64 in either alphabet, padded or not, in lines or not', () => {
    const bytes = fc.uint8Array({ minLength: 1 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, (buffer) => {
        for (const text of [buffer.toString('base64'), buffer.toString('base64url')]) {
          expect(base64Problem(text)).toBeUndefined();
          expect(base64Problem(text.replace(/.{4}/g, '$&\r\n'))).toBeUndefined();
          expect(urlProblem(`data:image/png;base64,${text}`)).toBeUndefined();
        }
      }),
    );
  });

  it.each(['', '%', 'AA=A', 'Ä', '{}', 'data:image/png;base64,AA=='])('are no base64 in %j', (text) => {
    expect(base64Problem(text)).toMatch(/^must /);
  });

  it.each(['https://a.example/x.png', 'file-123', 'DATA:image/svg+xml;charset=utf-8;base64,AA=='])(
    'may stand at %s',
    (url) => expect(urlProblem(url)).toBeUndefined(),
  );

  it.each([
    'data:',
    'data:,AA==',
    'data:;base64,AA==',
    'data:png;base64,AA==',
    'data:image/png,AA==',
    'data:image/png;base64',
    'data:image/png;base64,',
    'data:image/png;base64,%',
  ])('cannot be read at %s', (url) => expect(urlProblem(url)).toMatch(/^must /));

  it('have a type', () => {
    expect(['image/png', 'audio/L16;rate=16000'].map(mediaTypeProblem)).toEqual([undefined, undefined]);
    expect(['', 'png', 'image/', '/png', 'a/b/c'].map(mediaTypeProblem)).not.toContain(undefined);
  });

  it('are checked in time that grows with their length only', () => {
    const long = `${' '.repeat(4_000_000)}${'='.repeat(4_000_000)}`;
    const startedAt = performance.now();
    base64Problem(`${long}!`);
    base64Problem(long);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
