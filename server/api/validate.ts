import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ProblemError } from './problem.ts';

/**
 * Checks bodies, query strings and paths against their schemas. Nothing is coerced and nothing is dropped: `0` is not
 * `false`, and an unknown field is a mistake. Only a query string, which has no types, has its numbers and booleans
 * read first, in their one exact form.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  const part = httpPart === 'querystring' ? 'query' : httpPart === 'params' ? 'path' : (httpPart ?? 'body');
  return (given: unknown) => {
    const value = httpPart === 'querystring' ? readTexts(schema, given) : given;
    if (compiled.Check(value)) return { value };
    return { error: new ProblemError('invalid_request', describe(part, compiled.Errors(value), value)) };
  };
};

function readTexts(schema: TSchema, given: unknown): unknown {
  if (!isObject(given) || !('properties' in schema) || !isObject(schema.properties)) return given;
  const { properties } = schema;
  return Object.fromEntries(Object.entries(given).map(([name, text]) => [name, readText(properties[name], text)]));
}

function readText(schema: unknown, text: unknown): unknown {
  const type = isObject(schema) ? schema['type'] : undefined;
  if (typeof text !== 'string') return text;
  if (type === 'integer' && /^(0|-?[1-9]\d{0,9})$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Flaw {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** Names each place once: what is wrong there, and what is allowed. */
function describe(part: string, flaws: readonly Flaw[], value: unknown): string {
  const sentences = new Map<string, string>();
  for (const flaw of flaws) {
    const place = `${part}${flaw.instancePath.replaceAll('/', '.')}`;
    const sentence = describeFlaw(flaw, place, value);
    if (sentence !== null && !sentences.has(place)) sentences.set(place, sentence);
  }
  // Of many flaws only the first are told; of many unknown fields then none has been named yet.
  if (sentences.size === 0) return `${part}: unknown fields, ${flaws.map(nameOf).join(', ')} among them.`;
  return `${[...sentences.values()].join('; ')}.`;
}

function describeFlaw({ keyword, instancePath, params, message }: Flaw, place: string, value: unknown): string | null {
  // Said by `additionalProperties`, which names the field as well.
  if (keyword === 'boolean') return null;
  if (keyword === 'additionalProperties' && 'additionalProperties' in params) {
    const names = [params.additionalProperties].flat().map((name) => JSON.stringify(name));
    return `${place}: unknown field ${names.join(', ')}`;
  }
  const options = 'allowedValues' in params && Array.isArray(params.allowedValues) ? params.allowedValues : null;
  const wants = options === null ? message : `must be one of ${options.join(', ')}`;
  return `${place}: ${wants}, got ${shortly(at(value, instancePath))}`;
}

function nameOf({ instancePath }: Flaw): string {
  const name = instancePath.slice(instancePath.lastIndexOf('/') + 1);
  return JSON.stringify(name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split('/').slice(1)) {
    if (Array.isArray(found)) found = found[Number(step)];
    else found = isObject(found) ? found[step] : undefined;
  }
  return found;
}

const MOST_SHOWN = 80;

function shortly(value: unknown): string {
  const text = JSON.stringify(upTo(MOST_SHOWN, value)) ?? 'nothing';
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}

/**
 * Without what lies deeper: each level takes a character at least, so it would be cut off anyway. The whole cannot be
 * written down at all where it is nested deeply enough: 64 kB hold more levels than the stack.
 */
function upTo(levels: number, value: unknown): unknown {
  if (Array.isArray(value)) return levels === 0 ? [] : value.map((one) => upTo(levels - 1, one));
  if (!isObject(value)) return value;
  return levels === 0
    ? {}
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, upTo(levels - 1, one)]));
}
