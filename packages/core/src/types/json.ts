/** A value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** An object of {@link Json} values. */
export type JsonObject = { [key: string]: Json };

/**
 * A JSON Schema (draft 07, without references to other files).
 * Everything a user writes is checked against one before anything runs.
 */
export type JsonSchema = { readonly [key: string]: unknown };
