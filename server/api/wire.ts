import Type, { type TSchema } from 'typebox';

/** Building blocks of the wire: the same form for the same thing under every call. */

/** Null where the value is not known or does not apply; never a 0 or an empty text that stands for it. */
export function Nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

export const Time = Type.String({ format: 'date-time', description: 'ISO 8601 in UTC' });

export const PageQuery = {
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2000, description: '`nextCursor` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};
export const DEFAULT_LIMIT = 50;

/** Of a call that takes none: an unknown parameter is a mistake. */
export const NoQuery = Type.Object({}, { additionalProperties: false });

export const NextCursor = Nullable(Type.String());

export function iso(date: Date): string;
export function iso(date: Date | null): string | null;
export function iso(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
