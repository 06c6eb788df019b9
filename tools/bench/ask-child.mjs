import { once } from 'node:events';

/**
 * Puts a question to a child and waits for its answer.
 * @param {import('../testing/children.mjs').Child} child
 * @param {import('node:child_process').Serializable} question
 */
export async function askChild(child, question) {
  const listening = new AbortController();
  const { signal } = listening;
  const ended = once(child.process, 'exit', { signal }).then(() => {
    throw new Error('the load ended by itself');
  });
  ended.catch(() => {});
  try {
    const answered = once(child.process, 'message', { signal });
    child.process.send(question);
    const [{ outcome }] = await Promise.race([answered, ended]);
    return /** @type {import('./load.mjs').Outcome} */ (outcome);
  } finally {
    listening.abort();
  }
}
