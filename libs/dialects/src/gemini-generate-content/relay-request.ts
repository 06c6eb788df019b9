import type { EditedRequest, SourceRequest } from '../door.ts';
import type { Loss, Target } from '../dialect.ts';
import { editMembers, type JsonMember } from '../json-members.ts';
import { CARRIED_PREFIX } from './carried-state.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { NO_SIGNATURE } from './contents.ts';

type Source = Pick<SourceRequest, 'bytes' | 'members'>;

/**
 * The client's bytes for another Gemini model. The path names the model, so one in the body goes. State of another
 * vendor's model, which Google would refuse as a signature, is taken out of the conversation.
 */
export function editRelayed({ bytes, members }: Source, target: Target): EditedRequest {
  const losses: Loss[] = [];
  const edits = new Map<string, string | undefined>();
  if (members.has('model')) edits.set('model', undefined);
  for (const [field, value] of Object.entries(target.bodyEdits ?? {})) edits.set(field, JSON.stringify(value));
  const contents = members.get('contents');
  if (contents && bytes.includes(CARRIED_PREFIX)) {
    edits.set('contents', JSON.stringify(withoutCarriedState(parse(bytes, contents), target)));
    const reason = 'another vendor’s reasoning means nothing to Gemini';
    losses.push({ param: 'contents', action: 'emulated', reason });
  }
  return { bytes: edits.size === 0 ? bytes : editMembers(bytes, members, edits), losses };
}

const parse = (bytes: Buffer, { valueStart, valueEnd }: JsonMember): unknown =>
  JSON.parse(bytes.toString('utf8', valueStart, valueEnd)) as unknown;

/** The value without signatures of ours; models that insist on one for their calls get the documented stand-in. */
function withoutCarriedState(value: unknown, target: Target): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutCarriedState(item, target));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name, field]) => !isCarriedState(name, field));
  const cleaned: JsonObject = Object.fromEntries(
    kept.map(([name, field]) => [name, withoutCarriedState(field, target)]),
  );
  const { reasoning } = target.capabilities;
  const insists = reasoning === 'effort' || reasoning === 'adaptive';
  const isCall = 'functionCall' in value || 'function_call' in value;
  if (kept.length < Object.keys(value).length && isCall && insists) cleaned['thoughtSignature'] = NO_SIGNATURE;
  return cleaned;
}

const isCarriedState = (name: string, value: unknown): boolean =>
  (name === 'thoughtSignature' || name === 'thought_signature') &&
  typeof value === 'string' &&
  value.startsWith(CARRIED_PREFIX);
