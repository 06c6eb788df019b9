import type { Answer, Usage } from './answer.ts';
import type { Ask } from './ask.ts';
import { type Behaviour, BEHAVIOUR_MARKERS } from './behaviour-markers.ts';
import { callTools, type Content, CONTENT_MARKERS, REASONING, writeJson } from './content-markers.ts';
import { findMarkers, type Marker, withoutMarkers } from './markers.ts';
import { WireError } from './wire-error.ts';

/** Everything about one answer: what to say, and how to deliver it. */
export type Plan = {
  answer: Answer;
  delayMs: number;
  gapMs: number;
  failure: Behaviour['failure'];
  interruption: Behaviour['interruption'];
  hangs: boolean;
};

/** With the two words before them, 60. */
const MAX_REPEATED_WORDS = 58;
const CONTENT = new Map(Object.entries(CONTENT_MARKERS));
const BEHAVIOUR = new Map(Object.entries(BEHAVIOUR_MARKERS));
const LARGE_PACE = { wholeDelayMs: 1000, streamDelayMs: 300, gapMs: 20 };

/** Decides the answer to a request from its markers, or from the request itself where it has none. */
export function planAnswer(ask: Ask, markers: Marker[], serial: string, failures: Map<string, number>): Plan {
  const content = startContent(ask);
  const behaviour = startBehaviour();
  for (const marker of markers) {
    const shape = CONTENT.get(marker.name);
    const behave = BEHAVIOUR.get(marker.name);
    if (shape && !ask.endsWithToolResults) shape(content, marker, ask);
    if (behave) behave(behaviour, marker, failures);
    if (!shape && !behave) throw unknownMarker(marker.name);
  }
  const pace = paceOf(ask);
  return {
    answer: finishAnswer(content, behaviour, ask, serial),
    delayMs: behaviour.delayMs ?? pace.delayMs,
    gapMs: behaviour.gapMs ?? pace.gapMs,
    failure: behaviour.failure,
    interruption: behaviour.interruption,
    hangs: behaviour.hangs,
  };
}

export function markersOf(ask: Ask): Marker[] {
  return findMarkers(ask.lastUserText);
}

function startContent(ask: Ask): Content {
  const reasons = ask.model === 'large' && !ask.reasoningDisabled;
  const content: Content = { reasoning: reasons ? REASONING : '', text: '', refusal: null, calls: [], finish: null };
  if (ask.endsWithToolResults) {
    content.text = ask.toolResults.map((result) => `${result.name}: ${result.content}`).join('\n');
  } else if (ask.forcedTool !== null && ask.tools.length > 0) {
    callTools(content, ask, 1, '');
  } else if (ask.jsonSchema) {
    content.text = writeJson(ask.jsonSchema);
  } else {
    content.text = repeatPrompt(ask.lastUserText);
  }
  return content;
}

function startBehaviour(): Behaviour {
  return { delayMs: null, gapMs: null, usage: null, failure: null, interruption: null, hangs: false };
}

function repeatPrompt(prompt: string): string {
  const words = withoutMarkers(prompt).split(/\s+/u, MAX_REPEATED_WORDS).filter(Boolean);
  return words.length === 0 ? 'Hello from the simulator.' : `You said: ${words.join(' ')}`;
}

function finishAnswer(content: Content, behaviour: Behaviour, ask: Ask, serial: string): Answer {
  const { reasoning, text, refusal } = content;
  return {
    reasoning,
    text,
    refusal,
    toolCalls: content.calls.map((call, index) => ({ id: `${serial}_${index}`, ...call })),
    finish: content.finish ?? (content.calls.length > 0 ? 'tool_calls' : 'stop'),
    usage: behaviour.usage === 'none' ? null : (behaviour.usage ?? deriveUsage(content, ask)),
  };
}

/** A token is four characters here, so that the figures can be told beforehand. */
function deriveUsage(content: Content, ask: Ask): Usage {
  const calls = content.calls.map((call) => call.name + JSON.stringify(call.arguments)).join('');
  const spoken = Math.ceil((content.text.length + (content.refusal?.length ?? 0) + calls.length) / 4);
  const reasoning = Math.ceil(content.reasoning.length / 4);
  return { input: Math.ceil(ask.promptCharacters / 4), output: spoken + reasoning, cached: 0, reasoning };
}

function paceOf(ask: Ask): { delayMs: number; gapMs: number } {
  if (ask.model !== 'large' || ask.isCount) return { delayMs: 0, gapMs: 0 };
  return { delayMs: ask.stream ? LARGE_PACE.streamDelayMs : LARGE_PACE.wholeDelayMs, gapMs: LARGE_PACE.gapMs };
}

function unknownMarker(name: string): WireError {
  const known = [...CONTENT.keys(), ...BEHAVIOUR.keys()].toSorted();
  return new WireError(400, `Simulator: there is no marker [[sim:${name}]]. Known: ${known.join(', ')}.`);
}
