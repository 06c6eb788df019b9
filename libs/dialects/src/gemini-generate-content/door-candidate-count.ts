import type { ChatRequest } from '@parley/contracts';
import type { SourceRequest } from '../door.ts';
import { editMembers } from '../json-members.ts';
import { fieldsOf } from './door-fields.ts';

/** Google's parser takes both spellings. */
const CONFIG_NAMES = ['generationConfig', 'generation_config'];

/** The bytes without `candidateCount`, and with the seed of `request` where it is another: see `Door.relay.asOneChoice`. */
export function asOneCandidate({ bytes, members, request: asked }: SourceRequest, { seed }: ChatRequest): Buffer {
  const edits = new Map<string, string>();
  for (const name of CONFIG_NAMES) {
    const member = members.get(name);
    if (!member) continue;
    const config = JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd)) as unknown;
    if (config === null) continue;
    const { candidateCount: _count, ...fields } = fieldsOf(config, name);
    edits.set(name, JSON.stringify(seed === asked.seed ? fields : { ...fields, seed }));
  }
  return editMembers(bytes, members, edits);
}
