import { editMembers, findMembers, type JsonMember, type MemberEdits } from '../json-members.ts';
import type { SseEvent } from '../sse.ts';
import { badAnswer } from '../stream-transform.ts';

const OPEN_BRACE = 0x7b;
const NO_RESPONSE = Buffer.from('{}');

/** What a response says of the one that the client goes on from, which no provider was told. */
export const goneOnFrom = (previousId: string): MemberEdits =>
  new Map([['previous_response_id', JSON.stringify(previousId)]]);

/** A provider's response with other values for some of its members: every other byte stays as it came. Throws `UpstreamFailureError`. */
export function editResponse(json: Buffer, edits: MemberEdits): Buffer {
  return editMembers(json, membersOf(json), edits);
}

/** An event whose response has other values for some of its members, as it goes on. Throws `UpstreamFailureError`. */
export function editEvent({ event: name, data }: SseEvent, edits: MemberEdits): string {
  const json = Buffer.from(data);
  const members = membersOf(json);
  const place = members.get('response');
  const response =
    place && json[place.valueStart] === OPEN_BRACE ? json.subarray(place.valueStart, place.valueEnd) : NO_RESPONSE;
  const edited = editMembers(json, members, new Map([['response', editResponse(response, edits).toString()]]));
  const title = name === undefined ? '' : `event: ${name}\n`;
  return `${title}data: ${edited.toString().replaceAll('\n', '\ndata: ')}\n\n`;
}

function membersOf(json: Buffer): Map<string, JsonMember> {
  try {
    return findMembers(json);
  } catch {
    // What two parsers would read differently, or what is nested too deep for either.
    throw badAnswer('the response cannot be read in one way only');
  }
}
