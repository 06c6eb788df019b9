import { describe, expect, it } from '@jest/globals';
import { hubAnswerId } from './answer-id.ts';

describe('the id of an answer in the hub', () => {
  it.each([
    ['msg_01Ab', 'chatcmpl-01Ab'],
    ['resp_9f', 'chatcmpl-9f'],
    ['3c2e-uuid', 'chatcmpl-3c2e-uuid'],
    ['chatcmpl-1', 'chatcmpl-1'],
  ])('of %s is %s', (given, wanted) => {
    expect(hubAnswerId(given)).toBe(wanted);
  });
});
