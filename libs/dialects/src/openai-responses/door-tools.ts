import type { ChatTool, ChatToolChoice } from '@parley/contracts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import type { ResponsesRequest } from './door-schema.ts';

/** What a function of a namespace is called in the hub, which knows no namespaces. */
export const hubName = (name: string, namespace: unknown): string => {
  if (typeof namespace !== 'string' || namespace === '') return name;
  return namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`;
};

/** A tool as the client named it. */
export type ToolName = { name: string; namespace?: string };

/** The way back: a function's name in the hub, and how the client named it. */
export function namesOfTools(tools: unknown): ReadonlyMap<string, ToolName> {
  const names = new Map<string, ToolName>();
  for (const { tool, namespace } of functionsIn(tools)) {
    const name = textOr(tool['name'], '');
    names.set(hubName(name, namespace), namespace === undefined ? { name } : { name, namespace });
  }
  return names;
}

/** The functions among the tools; tools that a provider runs by itself are not for the hub. */
export function decodeTools(tools: unknown): ChatTool[] {
  return functionsIn(tools).map(({ tool, namespace }) => {
    const { name, description, parameters, strict } = tool;
    return {
      type: 'function',
      function: {
        name: hubName(textOr(name, ''), namespace),
        ...(typeof description === 'string' && { description }),
        ...(isObject(parameters) && { parameters }),
        ...(typeof strict === 'boolean' && { strict }),
      },
    };
  });
}

/** Undefined: nothing was chosen, or a tool that the hub does not have. */
export function decodeToolChoice(choice: ResponsesRequest['tool_choice']): ChatToolChoice | undefined {
  if (!isObject(choice)) return choice ?? undefined;
  if (choice['type'] === 'function') return { type: 'function', function: { name: nameOf(choice) } };
  if (choice['type'] !== 'allowed_tools') return undefined;
  const tools = objectsIn(choice['tools'])
    .filter((tool) => tool['type'] === 'function')
    .map((tool) => ({ type: 'function', function: { name: nameOf(tool) } }));
  if (tools.length === 0) return undefined;
  return { type: 'allowed_tools', allowed_tools: { mode: choice['mode'] === 'required' ? 'required' : 'auto', tools } };
}

const nameOf = ({ name, namespace }: JsonObject): string => hubName(textOr(name, ''), namespace);

type NamedTool = { tool: JsonObject; namespace: string | undefined };

function functionsIn(tools: unknown): NamedTool[] {
  return objectsIn(tools).flatMap((tool): NamedTool[] => {
    if (tool['type'] === 'function') return [{ tool, namespace: undefined }];
    if (tool['type'] !== 'namespace') return [];
    const namespace = textOr(tool['name'], '');
    return objectsIn(tool['tools'])
      .filter(({ type, name }) => type === 'function' && typeof name === 'string')
      .map((inner) => ({ tool: inner, namespace }));
  });
}
