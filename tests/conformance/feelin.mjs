// Evaluates FEEL with feelin (the FEEL of bpmn.io): a line of JSON in, a line of JSON out.
// {"text": "a + b", "context": {"a": "1", "b": "date(\"2026-01-01\")"}} -> {"value": ["number", "2"], "warning": ""} or {"error": "..."}
// The context holds FEEL texts, so that each side makes the values of its own.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { evaluate } = await import(pathToFileURL(process.argv[2]).href);

// Classes of feelin's values whose text is that of FEEL.
const TEMPORAL = { FeelDate: 'date', FeelDateTime: 'date and time', FeelTime: 'time', FeelDuration: 'duration' };

function described(value) {
  if (value === null || value === undefined) return ['null', null];
  if (typeof value === 'number') return ['number', String(value)];
  if (typeof value === 'string' || typeof value === 'boolean') return [typeof value, value];
  if (Array.isArray(value)) return ['list', value.map(described)];
  const kind = value.constructor?.name;
  if (TEMPORAL[kind]) return [TEMPORAL[kind], JSON.parse(JSON.stringify(value))];
  if (kind === 'FeelRange' || kind === 'FeelFunction') return [kind, null];
  return ['context', Object.entries(value).map(([key, entry]) => [key, described(entry)])];
}

function answer({ text, context }) {
  try {
    const values = Object.fromEntries(
      Object.entries(context).map(([name, written]) => [name, evaluate(written, {}).value]));
    const { value, warnings } = evaluate(text, values);
    return { value: described(value), warning: warnings?.[0]?.message ?? '' };
  } catch (error) {
    return { error: String(error.message ?? error).split('\n')[0] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(answer(JSON.parse(line))));
}
