import type { TestGateway } from './test-gateway.ts';

export type Block = { type: string; [field: string]: unknown };
export type Message = {
  id: string;
  type: string;
  role: string;
  model: string;
  content: Block[];
  stop_reason: string | null;
  stop_sequence: string | null;
  usage: Record<string, number>;
};
export type MessagesError = { type: string; error: { type: string; message: string }; request_id: string };

export type PostOptions = { path?: string; headers?: Record<string, string>; method?: string };

/** Posts a body, which may be anything, the way Anthropic's own clients do. */
export function postMessages(
  gateway: TestGateway,
  body: string | object,
  { path = '/v1/messages', headers = {}, method = 'POST' }: PostOptions = {},
): Promise<Response> {
  return fetch(gateway.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-api-key': gateway.adminKey,
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

export const saying = (model: string, content: unknown, fields: object = {}): object => ({
  model,
  max_tokens: 1000,
  messages: [{ role: 'user', content }],
  ...fields,
});

export async function readMessage(response: Response): Promise<Message> {
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  return (await response.json()) as Message;
}

export const readError = async (response: Response): Promise<MessagesError> => (await response.json()) as MessagesError;

type Event = { type: string; index?: number; [field: string]: unknown };

/** What a client saw of a stream. */
export type SeenMessage = { message: Message | undefined; done: boolean; error: MessagesError | undefined };

/** Puts a stream together as Anthropic's clients do, and strictly: what is out of its order is a mistake. */
export function parseMessageStream(text: string): SeenMessage {
  const seen: SeenMessage = { message: undefined, done: false, error: undefined };
  let openIndex: number | undefined;
  for (const block of text.split(/\r?\n\r?\n/).filter((part) => part !== '' && !part.startsWith(':'))) {
    const event = readEvent(block);
    if (seen.done || seen.error) throw new Error(`something follows the end: ${block}`);
    if (event.type === 'error') seen.error = event as unknown as MessagesError;
    else if (event.type === 'message_start') seen.message = event['message'] as Message;
    else if (event.type !== 'ping') openIndex = take(event, seen, openIndex);
  }
  return seen;
}

function readEvent(block: string): Event {
  const [, name, data] = /^event: (\w+)\r?\ndata: ([^\n]*)$/.exec(block) ?? [];
  if (data === undefined) throw new Error(`no event of Anthropic's: ${block}`);
  const event = JSON.parse(data) as Event;
  if (event.type !== name) throw new Error(`the event ${name} says ${event.type}`);
  return event;
}

function take(event: Event, seen: SeenMessage, openIndex: number | undefined): number | undefined {
  const { message } = seen;
  if (!message) throw new Error(`${event.type} came before the message`);
  switch (event.type) {
    case 'content_block_start':
      if (openIndex !== undefined || event.index !== message.content.length) throw new Error('blocks are not in order');
      message.content.push({ ...(event['content_block'] as Block) });
      return event.index;
    case 'content_block_delta':
      if (openIndex === undefined || event.index !== openIndex) throw new Error('a delta has no open block');
      grow(message.content[openIndex]!, event['delta'] as Block);
      return openIndex;
    case 'content_block_stop': {
      if (openIndex === undefined || event.index !== openIndex) throw new Error('a block ends that is not open');
      const block = message.content[openIndex]!;
      if (typeof block['json'] === 'string') block['input'] = JSON.parse(block['json']);
      delete block['json'];
      return undefined;
    }
    case 'message_delta':
      Object.assign(message, event['delta']);
      Object.assign(message.usage, event['usage']);
      return openIndex;
    case 'message_stop':
      if (openIndex !== undefined) throw new Error('the message ends in an open block');
      seen.done = true;
      return undefined;
    default:
      throw new Error(`unknown event ${event.type}`);
  }
}

function grow(block: Block, delta: Block): void {
  const fields: Record<string, [from: string, to: string]> = {
    text_delta: ['text', 'text'],
    thinking_delta: ['thinking', 'thinking'],
    signature_delta: ['signature', 'signature'],
    input_json_delta: ['partial_json', 'json'],
  };
  const [from, to] = fields[delta.type] ?? [];
  if (from === undefined || to === undefined) throw new Error(`unknown delta ${delta.type}`);
  block[to] = `${(block[to] as string | undefined) ?? ''}${String(delta[from])}`;
}

/** The texts of a message. */
export const textOf = ({ content }: Message): string =>
  content.map(({ text }) => (text as string | undefined) ?? '').join('');
