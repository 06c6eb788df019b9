import type { ChatRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { JsonObject } from '../json-values.ts';

type SamplingField = 'temperature' | 'top_p' | 'top_k';

/** With thinking, Anthropic takes no `top_p` below this. */
const LEAST_THINKING_TOP_P = 0.95;

/**
 * Writes temperature, top_p and top_k. Anthropic's models since Opus 4.1 refuse temperature and top_p together; there
 * temperature wins, and a value that says the default (1) is simply left out.
 */
export function encodeSampling(request: ChatRequest, target: Target, thinks: boolean, losses: Loss[]): JsonObject {
  const { temperature, top_p: topP, top_k: topK } = request;
  const body: JsonObject = {};
  const drop = (param: SamplingField, reason: string) => losses.push({ param, action: 'dropped', reason });

  const obstacle = obstacleTo(target, thinks);
  if (obstacle) {
    if (typeof temperature === 'number' && temperature !== 1) drop('temperature', obstacle);
    if (typeof topP === 'number' && topP !== 1) {
      if (thinks && target.capabilities.sampling !== false && topP >= LEAST_THINKING_TOP_P) body['top_p'] = topP;
      else drop('top_p', obstacle);
    }
    if (typeof topK === 'number') drop('top_k', obstacle);
    return body;
  }
  if (typeof temperature === 'number') body['temperature'] = clampTemperature(temperature, losses);
  if (typeof topP === 'number' && target.capabilities.temperature_with_top_p !== false) body['top_p'] = topP;
  else if (typeof topP === 'number') {
    if (body['temperature'] === 1) delete body['temperature'];
    if (body['temperature'] === undefined) body['top_p'] = topP;
    else if (topP !== 1) drop('top_p', 'it does not go together with temperature');
  }
  if (typeof topK === 'number') body['top_k'] = topK;
  return body;
}

function obstacleTo(target: Target, thinks: boolean): string | undefined {
  if (target.capabilities.sampling === false) return 'the model does not take sampling parameters';
  return thinks ? 'it does not go together with reasoning' : undefined;
}

function clampTemperature(temperature: number, losses: Loss[]): number {
  if (temperature <= 1) return temperature;
  losses.push({ param: 'temperature', action: 'emulated', reason: 'lowered to 1, the highest value' });
  return 1;
}
