import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Frame } from './answer.ts';

/** Undelayed frames go out in pieces of about this many characters, each written when the one before has drained. */
const BATCH_CHARACTERS = 65_536;

/** Waits, but not for a client that has left. */
export function pause(response: ServerResponse, durationMs: number): Promise<void> {
  if (durationMs <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      response.off('close', finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    response.once('close', finish);
  });
}

/** Waits until the client leaves or the server is closed. */
export async function waitForever(response: ServerResponse): Promise<void> {
  if (!response.destroyed) await once(response, 'close');
}

/** The frames before the one that would be delta number `deltaCount` + 1. */
export function takeDeltas(frames: Frame[], deltaCount: number): Frame[] {
  let seen = 0;
  const end = frames.findIndex((frame) => {
    if (frame.isDelta) seen += 1;
    return seen > deltaCount;
  });
  return end === -1 ? frames : frames.slice(0, end);
}

/**
 * Writes frames: one by one with a gap before each further delta, or all in few writes where there is no gap.
 * Gives back the last piece unwritten, for the caller to end with: a short answer is then one write in all.
 */
export async function writeFrames(
  response: ServerResponse,
  frames: Frame[],
  gapMs: number,
  encoding: BufferEncoding,
): Promise<string> {
  let batch = '';
  let deltas = 0;
  for (const frame of frames) {
    if (frame.isDelta) deltas += 1;
    if (gapMs > 0 && frame.isDelta && deltas > 1) {
      await write(response, batch, encoding);
      batch = '';
      await pause(response, gapMs);
    }
    batch += frame.wire;
    if (batch.length >= BATCH_CHARACTERS) {
      await write(response, batch, encoding);
      batch = '';
    }
    if (response.destroyed) return '';
  }
  return batch;
}

/** Breaks the connection in the middle of an answer, after what was written has gone out. */
export function cutConnection(response: ServerResponse): void {
  response.socket?.destroySoon();
}

async function write(response: ServerResponse, text: string, encoding: BufferEncoding): Promise<void> {
  if (text === '' || response.destroyed || response.write(text, encoding)) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      response.off('drain', finish);
      response.off('close', finish);
      resolve();
    };
    response.once('drain', finish);
    response.once('close', finish);
  });
}
