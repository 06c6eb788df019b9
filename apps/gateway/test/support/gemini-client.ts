import type { TestGateway } from './test-gateway.ts';

export type Part = {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: { id?: string; name: string; args: object };
};
export type GeminiAnswer = {
  candidates: { content: { role: string; parts: Part[] }; finishReason?: string; index: number }[];
  usageMetadata?: Record<string, number>;
  modelVersion: string;
  responseId: string;
};
export type GeminiError = { error: { code: number; message: string; status: string; details: { reason?: string }[] } };

/** Posts a body, which may be anything, below `/v1beta/` (`models/a/b:generateContent`), with Google's own header for keys. */
export function postGemini(
  gateway: TestGateway,
  path: string,
  body: string | object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1beta/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': gateway.adminKey, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export const saying = (text: string, fields: object = {}): object => ({ contents: [{ parts: [{ text }] }], ...fields });

export async function readAnswer(response: Response): Promise<GeminiAnswer> {
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  return (await response.json()) as GeminiAnswer;
}

/** The events of a stream; an error among them is one. */
export async function readEvents(response: Response): Promise<(GeminiAnswer & Partial<GeminiError>)[]> {
  const blocks = (await response.text()).split(/\r?\n\r?\n/).filter((block) => block !== '' && !block.startsWith(':'));
  return blocks.map((block) => {
    if (!block.startsWith('data: ')) throw new Error(`no plain event: ${block}`);
    return JSON.parse(block.slice('data: '.length)) as GeminiAnswer;
  });
}

export const partsOf = (answers: readonly GeminiAnswer[]): Part[] =>
  answers.flatMap(({ candidates }) => candidates?.[0]?.content.parts ?? []);

export const textOf = (answers: readonly GeminiAnswer[]): string =>
  partsOf(answers)
    .filter(({ thought }) => !thought)
    .map(({ text = '' }) => text)
    .join('');
