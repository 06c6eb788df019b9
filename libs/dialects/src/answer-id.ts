/** What Anthropic and the Responses API begin their ids with. */
const FOREIGN_PREFIX = /^(msg_|resp_)/;

/** The id of an answer in the hub: clients of Chat Completions know answers by this prefix, whoever gave them. */
export function hubAnswerId(id: string): string {
  return id.startsWith('chatcmpl-') ? id : `chatcmpl-${id.replace(FOREIGN_PREFIX, '')}`;
}
