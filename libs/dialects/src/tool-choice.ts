import type { ChatToolChoice } from '@parley/contracts';
import { isObject } from './json-values.ts';

type Choice = ChatToolChoice | null | undefined;

/** The only tools that may be called; undefined: any. */
export function allowedToolNames(choice: Choice): ReadonlySet<unknown> | undefined {
  if (!isObject(choice)) return undefined;
  if (choice.type === 'function') return new Set([choice.function.name]);
  return new Set(
    choice.allowed_tools.tools.map((tool) =>
      isObject(tool) && isObject(tool['function']) ? tool['function']['name'] : undefined,
    ),
  );
}

/** Whether the model must call a tool. */
export function forcesCall(choice: Choice): boolean {
  if (!isObject(choice)) return choice === 'required';
  return choice.type === 'function' || choice.allowed_tools.mode === 'required';
}
